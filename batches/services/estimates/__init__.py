"""Stores when batches will be done, as the worker estimates it, and reads it for pages.

The worker computes with `services/forecast/`; pages import `read` and `types` only, and never
compute. Start with `read` for a page, with `compute` for the worker.
"""
