"""How Django writes times where nobody says how: as the rest of the console does."""
