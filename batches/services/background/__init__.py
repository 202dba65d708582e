"""What the worker may do without a person: with which keys, and how many calls a minute.

`consent` and `budget` are decided in the database before each call, for all processes on all hosts.
`requests` makes a call, `runs` several under a lease, `threads` those of several keys side by side.
What is read is decided in `walks` and `watcher`. Start with `consent`.
"""
