"""Reads the names of all batches of a watched key once, newest first, then only the new ones.

A page at a time, under a lease, within the budget of calls. How far it got is in the database, so
any worker can go on. Calls the vendor for lists alone. Start with `read_pages`.
"""
