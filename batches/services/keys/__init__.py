"""API keys: which one a page uses, what owners change about them, how they are sealed.

Nothing in here asks the vendor: that is `key_checks`. Start with `types`, then `choose`.
"""
