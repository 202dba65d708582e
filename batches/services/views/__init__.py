"""Saved views of the list of batches: which there are for a person, and how they are changed.

A view is a name for a part of an address. What is in it is read by `forms/saved_views.py`, each
time that it is opened: no filter is known in here. Start with `read`, then `write`.
"""
