"""Writes to the vendor: recorded before they are sent, sent once, settled by reading.

Only `ledger` changes recorded operations, only `vendor_session` calls the vendor for them. Start
with `protocol`; how a retry is decided is in `settle`, who may see an operation in `listing`.
"""
