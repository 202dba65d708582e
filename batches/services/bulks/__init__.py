"""Bulks: one write for many batches. Planned from fresh reads, confirmed, sent row by row.

    plan (a person) → reading (the worker) → confirm (a person) → running (the worker) → receipt

`plan`, `confirm` and `control` are what people do, `read` is what pages show, `work` is what the
worker does. A row becomes an operation in its turn and goes the way of a single write
(`services/operations/`). Every call takes its place in the budget of `services/background/`.
"""
