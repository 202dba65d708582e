"""Asks the vendor whether it accepts a key, before the key is saved, replaced or trusted again.

`checks` does it, `verdicts` words the result, `rate_limit` bounds how often. Start with `checks`.
"""
