"""API keys: finding them, choosing one for a page, managing, sealing and rotating them.

Nothing in here calls the vendor: that is `key_checks`. Start with `types`, then `choose`.
"""
