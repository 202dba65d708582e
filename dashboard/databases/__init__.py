"""How the console connects to its database, and how long it waits for it.

Only settings, health checks and the start of a process import from here: services ask Django's ORM.
Start with `options.py`; `sqlite.py` and `postgresql/` hold what each database needs beyond Django.
"""
