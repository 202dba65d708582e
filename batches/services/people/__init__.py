"""What this product knows of a person: role, preferences, sessions.

Nothing in here asks the vendor or knows an API key. Start with `roles`.
"""
