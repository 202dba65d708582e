"""Writes to the vendor: each is recorded before it is sent, sent once, and settled by reading.

intent   what a form asks for, recorded or refused
ledger   the only writer of operations, each step committed on its own
line     the way to the vendor for one operation
evidence how a POST was answered, and what a read has shown
others   who else may have done it
create, finalize, prioritize   what each verb reads and sends, and how it judges the evidence
protocol the steps in their order
settle   what stayed open: under a lease, once
lanes    in which order: by key, under a lease a key
restored what came out of a backup: not sent
listing  the list of operations, and who may see which
history  single operations: of a batch, the last priority, a newer one
tally    how many stand how
names    names for batches to come
"""

from batches.services.operations.errors import (
    AlreadySent,
    CannotRecord,
    FormReused,
    KeyGone,
    NoSuchRow,
    NotYours,
    OperationsError,
    TooMany,
)
from batches.services.operations.history import (
    find_newer_priority,
    find_operation,
    last_priorities,
    operations_of,
)
from batches.services.operations.lanes import (
    LaneTally,
    due_lanes,
    settle_due_operations,
    settle_lane,
    tally_lanes,
)
from batches.services.operations.ledger import first_priority_of, offered_priority_of
from batches.services.operations.likeness import describe_batch
from batches.services.operations.listing import (
    OperationFilters,
    OperationsPage,
    list_operations,
    people_of_operations,
    visible_operations,
)
from batches.services.operations.names import NameAdvice, name_is_free, propose_name
from batches.services.operations.others import words_for
from batches.services.operations.protocol import create_batch, finalize_batch, prioritize_batch
from batches.services.operations.restored import withhold_operations
from batches.services.operations.settle import settle_operation, withdraw_operation
from batches.services.operations.tally import OperationCounter, Tally

__all__ = [
    "AlreadySent",
    "CannotRecord",
    "FormReused",
    "KeyGone",
    "LaneTally",
    "NameAdvice",
    "NoSuchRow",
    "NotYours",
    "OperationCounter",
    "OperationFilters",
    "OperationsError",
    "OperationsPage",
    "Tally",
    "TooMany",
    "create_batch",
    "describe_batch",
    "due_lanes",
    "finalize_batch",
    "find_newer_priority",
    "find_operation",
    "first_priority_of",
    "last_priorities",
    "list_operations",
    "name_is_free",
    "offered_priority_of",
    "operations_of",
    "people_of_operations",
    "prioritize_batch",
    "propose_name",
    "settle_due_operations",
    "settle_lane",
    "settle_operation",
    "tally_lanes",
    "visible_operations",
    "withdraw_operation",
    "withhold_operations",
    "words_for",
]
