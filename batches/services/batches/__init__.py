"""Batches as pages, polls, exports and the search know them.

`facts` decides what a batch is now; everything else takes from it. No HTTP request and no HTML in
here. Start with `facts`, then `listing` or `detail`.
"""
