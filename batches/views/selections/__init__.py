"""Batches that a person has ticked: the bar below a list, the page of a selection, what is done.

Start with `ticks`, which every list calls; `found` finds the selection for all other views.
"""
