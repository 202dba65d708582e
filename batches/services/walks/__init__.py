"""The walk: reads the names of all batches of a key once, newest first, then only new ones.

One page at a time, under the key's lease, within its budget and its owner's consent
(`services/background/`). How far it got is in the database, so any worker can go on. Start with
`steps`.
"""
