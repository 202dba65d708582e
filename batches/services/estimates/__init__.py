"""Stores when batches will be done, as the worker estimates it, and reads it for pages.

The worker computes with `services/forecast/`; pages import `read` and `types` only, and never
compute. numpy enters with `arrays`, `finished`, `rows` and `compute`, which only the worker and
commands import. Start with `read` for a page, with `compute` for the worker.
"""
