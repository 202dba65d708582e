"""What pages, polls, exports and the search show of batches.

`facts` decides what a batch is now, and all other modules use it. No HTTP request and no HTML here.
Start with `facts`, then `listing` or `detail`.
"""
