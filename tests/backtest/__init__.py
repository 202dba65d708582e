"""How often the estimate is right, and how early the alarms are: `make backtest`.

Simulated batches of many kinds and 23 real ones are replayed. At moments of each, the estimator is
asked with what was known then. `kinds` says what is simulated, `scores` what is counted; start with
`__main__`. docs/forecast.md has the table and what it means.
"""
