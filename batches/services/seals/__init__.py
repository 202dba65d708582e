"""The chain of seals over settled operations: shows what was changed behind the console's back.

What may enter: how a seal is made, the chain, and its check. No vendor call, nothing of how an
operation is settled: `operations/ledger.py` calls `seal_operation` there. Start with `chain`; what
a seal covers is in `text`, what the check finds in `verify`.
"""
