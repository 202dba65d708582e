"""Permission to work in the background: which keys may be used, by which worker, how often.

`consent`, `lease` and `budget` are decided in the database before each call, for all processes on
all machines. Start with `consent`.
"""
