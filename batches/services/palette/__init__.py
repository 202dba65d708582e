"""What the search over everything (Ctrl K) finds: batches and projects, as they are stored.

It is read with each letter that a person types. So nothing here asks Refonte, and a bounded number
of rows is looked through. No HTTP request and no HTML. Start with `batches`.
"""
