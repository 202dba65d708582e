"""The one door to the vendor: every call passes `calls`, which checks what may be asked and when.

`breaker`, `bulkhead`, `export_slots`, `page_sizes` and `key_states` are its parts, one danger each.
No page, cache or batch is known in here. Start with `calls`.
"""
