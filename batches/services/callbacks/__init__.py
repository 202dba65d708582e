"""Refonte calls this console about a batch, and the console reads the batch.

What arrives is never believed: a call only says when to ask. The process that takes calls notes
them (`arrivals`), the worker reads (`readings`). Start with `addresses`.
"""
