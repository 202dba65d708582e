"""A database engine for Django (`ENGINE`): its own for PostgreSQL, with a limit on every wait.

`base.py` is what Django loads; `limits.py` says how long, `repeats.py` survives cut connections.
"""
