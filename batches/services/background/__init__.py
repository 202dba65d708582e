"""What the worker may do without a person: with which keys, and how many calls a minute.

`consent` and `budget` are decided in the database before each call, for all processes on all hosts.
`threads` runs the jobs of several keys side by side. Calls no vendor. Start with `consent`.
"""
