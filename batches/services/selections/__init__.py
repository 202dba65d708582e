"""Batches that a person has ticked: which they are, what can be done with them, the file of them.

The names are kept here. What is done with them is decided in other rooms. Start with `store`.
"""
