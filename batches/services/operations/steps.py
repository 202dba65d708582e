"""What a verb must know how to do; `protocol` and `settle` call these in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from batches.models import Operation
from batches.services.operations.evidence import Evidence
from batches.services.operations.ledger import Outcome
from batches.services.operations.vendor_session import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Nothing speaks against sending. What was read for it rides along."""

    vendor_date: datetime | None = None
    status_before: str = ""
    precheck_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """None of them raises RefonteError or writes to the database.

    prepare: the reads before the POST, or why there is nothing to send: of one that was sent
        before, what they show of that POST.
    send: the POST, and a read after it.
    look: a read in a later step.
    judge: what all that comes to, and what else may have done it. Asks neither vendor nor database.
    """

    prepare: Callable[[Operation, Line], Ready | Outcome | Evidence]
    send: Callable[[Operation, Line], Evidence]
    look: Callable[[Operation, Line], Evidence]
    judge: Callable[[Operation, Evidence, tuple[Operation, ...]], Outcome]
