"""Sends deliveries. For the worker alone: no page imports it, by a contract in `pyproject.toml`.

Start with `send`.
"""
