"""Reads through the cache: one vendor call for all viewers of a key, the last known state when it
fails. Callers check before who may read with a key. No page and no write in here.

Start with `read`, which answers from the cache, then `refresh`, which asks the vendor.
"""
