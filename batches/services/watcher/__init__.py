"""The watcher: reads the open batches of watched keys, so that their counts over time are known.

The worker runs it. All that it reads passes the recorder. It uses no reader slot and stays within
the budget of `services/background/`. Start with `watch`, then `sweeps` (lists) and `singles` (one
batch, at its own `pace`). `report` says what it does, for pages, metrics and the log.
"""
