"""What the chart of one batch shows: its samples over time, and what explains them.

Reads the database alone and makes no vendor call. Start with `read.read_chart`; `brief` is the
short form that comes with the page.
"""
