"""The last reading of each query, in this process's memory or in Redis, and one lock for each.

Values, times and locks only: no query, batch or vendor call enters. Start with `store`, the
functions that other packages use, then `entry` for when a reading is due again.
"""
