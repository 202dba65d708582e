"""What the overview and the page of a project show: from what is stored, with one vendor call at
most.

No page reads samples here: how far batches are, their estimates and the sums of the work a quarter
of an hour are stored already. No numpy, no HTTP request, no HTML. Start with `read`.
"""
