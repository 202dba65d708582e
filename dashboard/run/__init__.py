"""Starts the product: the demo, the supervisor, gunicorn with its worker class, the `.env` file.

Nothing in here serves a request. Start with `demo`; for a real install with `gunicorn_conf`.
"""
