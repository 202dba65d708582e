"""The overview and the page of a project: pages, and the pieces that their polls bring.

Start with `overview` and `pieces`.
"""
