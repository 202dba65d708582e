"""What is around every request: middleware, sessions, sign-in, health, metrics, logs, static files.

Start with `middleware`.
"""
