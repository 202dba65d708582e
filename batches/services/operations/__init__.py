"""Writes to the vendor: each is recorded before it is sent, sent once, and settled by reading.

record          what a form asks for: recorded, found as sent before, or refused
ledger          the only writer of operations, each step committed on its own
vendor_session  the calls of one operation: its key, its deadline
evidence        how a POST was answered, and what a read has shown
others          other operations that may have caused the same effect
create, finalize, prioritize   what each verb reads and sends, and how it judges the evidence
protocol        the steps in their order; start here
settle          operations that stayed open: under a lease, once
lanes           in which order they are settled: by key, under a lease a key
after_restore   operations that came out of a backup: not sent
listing         the list of operations, and who may see which
history         single operations: of a batch, the last priority, a newer one
counts          how many operations are in which state
names           names for batches to come
template_of     the settings of a batch, for one more like it
"""
