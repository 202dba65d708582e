"""Records batches and their counts over time. Every usable answer of the vendor passes `record`.

`record` alone writes seen batches and their changes. No page and no vendor call here. Start with
`record` for writing, with `seen` and `series` for reading.
"""
