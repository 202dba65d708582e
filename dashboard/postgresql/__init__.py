"""Django's PostgreSQL, of which no process waits for ever."""
