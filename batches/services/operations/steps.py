"""The steps in which verbs differ; `protocol` calls them in order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from batches.models import Operation
from batches.refonte import Batch
from batches.services.operations.evidence import NOT_KNOWN, Evidence, Read
from batches.services.operations.outcomes import Outcome
from batches.services.operations.vendor_session import VendorSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The operation may be sent. What was read before the POST is compared with a read after it."""

    vendor_date: datetime | None = None
    status_before: str = ""
    precheck_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The documented answer of a POST. batch: where that shows what it did."""

    request_id: str
    batch: Batch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Only `post` and `read` raise RefonteError; none of them writes to the database.

    prepare: the reads before the POST. Gives an outcome where there is nothing to send, and
        evidence where the operation was posted before and the effect of that shows.
    read: what shows the effect; None where the vendor shows it nowhere.
    judge: the outcome, by the evidence and by operations that may have had the same effect.
    not_found, not_found_field: what a 404 of the POST means, and which parameter is wrong.
    """

    prepare: Callable[[Operation, VendorSession], Ready | Outcome | Evidence]
    post: Callable[[Operation, VendorSession], Posted]
    # calls neither vendor nor database, so that a test can try every combination
    judge: Callable[[Operation, Evidence, tuple[Operation, ...]], Outcome]
    read: Read | None = None
    not_found: str = NOT_KNOWN
    not_found_field: str | None = None
