"""How the product is started: the demo, the supervisor, gunicorn and its worker, fresh secrets.

Start with `demo`.
"""
