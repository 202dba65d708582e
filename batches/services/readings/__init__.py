"""Reads through the cache: one vendor call for all viewers of a key, the last known state when it
fails. Who may read with a key is decided before; no page and no write enters.

Start with `read`, which answers from the cache, then `refresh`, which asks the vendor.
"""
