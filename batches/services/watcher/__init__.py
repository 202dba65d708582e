"""The watcher: reads the open batches of watched keys, so that their counts over time are known.

Everything it reads passes the recorder. It takes no reader from people and stays in the budget of
`services/background/`. Start with `watch`, then `sweeps`.
"""
