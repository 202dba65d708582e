"""What this product stores of a person: role, preferences, locks, sessions.

No vendor call and no API key in here. Start with `roles`.
"""
