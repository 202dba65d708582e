"""The only way to the vendor: every call passes `calls`, which decides what may be asked and when.

`breaker`, `bulkhead`, `export_slots`, `fitting_rows` and `key_states` are its parts, one danger
each. No page, cache or batch is known in here. Start with `calls`.
"""
