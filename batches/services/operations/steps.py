"""What a verb must know how to do; `protocol` and `settle` call these in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from batches.models import Operation
from batches.services.operations.ledger import Outcome
from batches.services.operations.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Nothing speaks against sending. What was read for it rides along."""

    vendor_date: datetime | None = None
    status_before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """None of them raises RefonteError or writes to the database.

    prepare: the reads before the POST, or why there is nothing to send.
    send: the POST, and a read after it.
    look: what became of a POST whose answer is not known.
    """

    prepare: Callable[[Operation, Line], Ready | Outcome]
    send: Callable[[Operation, Line], Outcome]
    look: Callable[[Operation, Line], Outcome]
