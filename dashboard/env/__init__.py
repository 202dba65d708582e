"""Reads environment variables. A missing or wrong value stops the start with a message.

Every reader takes the name of its variable and raises `ImproperlyConfigured`, never with the value,
which may be a secret. Only `settings.py` calls them. Start with `values`.
"""
