"""Reads, coalesced: one vendor call for all viewers of a key; the last known state when it fails.

`read` answers from the cache while it is fresh; else `refresh` asks the vendor once for all.
Access is decided before: whoever has a key's handle may read with it. Start with `read`.
"""
