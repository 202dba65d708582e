"""Records batches and their counts over time. Every usable answer of the vendor passes `record`.

`record` alone writes seen batches and their changes; `store_history` fills the demo's database and
those for measurements. No page and no vendor call here. Start with `record` for writing, with
`seen` and `series` for reading.
"""
