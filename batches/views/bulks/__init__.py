"""Bulks: the plan, the run and the receipt, all at one address; many new batches from rows.

A bulk shows one of three stages (`stages`). Start with `detail`, which draws them and keeps them
current; `begin` and `create` make plans, `confirm` and `control` are what people do with them.
"""
