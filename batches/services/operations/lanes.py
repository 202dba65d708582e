"""Open operations are settled in lanes, one a key, so that no key waits for another one's.

    due rows → lanes, those with a lost answer first → the lane's lease → its rows, one by one

Any number of workers share the lanes: each pass holds a lease, and each row its own besides.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from batches.models import Lease, LeasePurpose, Operation, State
from batches.services.background import lease
from batches.services.background.lease import LeaseLost
from batches.services.clock import has_passed
from batches.services.operations import ledger
from batches.services.operations.settle import settle_row
from batches.trace import lines_about

log = logging.getLogger(__name__)

ROWS_A_PASS = 20
PASS_SECONDS = 10  # and the row that is under way then
NEVER = datetime.min.replace(tzinfo=UTC)
# What was sent, or may have been, is looked at before anything else is sent.
IS_WAITING = Case(When(state=State.WAITING, then=Value(1)), default=Value(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneTally:
    """Keys by their lane: with operations that are due, and with a worker at them."""

    due: int
    held: int


def settle_due_operations(*, now: datetime) -> int:
    """One pass of every lane, one after the other. Returns how many rows were taken a step on."""
    return sum(settle_lane(fingerprint=fingerprint) for fingerprint in due_lanes(now=now))


def due_lanes(*, now: datetime) -> list[str]:
    """Fingerprints of keys with operations that are due, and no worker at them.

    Those with a lost answer come first, then those that were served longest ago. One query where
    nothing is due.
    """
    lost = Count("id", filter=~Q(state=State.WAITING))
    rows = ledger.due(now).order_by().values_list("fingerprint").annotate(lost=lost)
    lanes = dict(rows)
    if not lanes:
        return []
    leases = _leases().filter(fingerprint__in=lanes).values_list("fingerprint", "until")
    served = dict(leases)
    free = [lane for lane in lanes if _is_free(served.get(lane), now)]
    return sorted(free, key=lambda lane: (not lanes[lane], served.get(lane, NEVER), lane))


def settle_lane(*, fingerprint: str) -> int:
    """One pass of a key. Returns how many rows were taken a step on; none of another worker's."""
    held = lease.take(fingerprint=fingerprint, purpose=LeasePurpose.SETTLE, length=lease_length())
    if held is None:
        return 0
    taken, began = 0, time.monotonic()
    try:
        for operation in _rows(fingerprint):
            if time.monotonic() - began > PASS_SECONDS or not threading.main_thread().is_alive():
                break
            lease.renew(held)
            with lines_about(operation.id):
                taken += settle_row(operation)
        lease.release(held)
    except LeaseLost:
        log.warning("a lane was lost to another worker", extra={"key": fingerprint})
    facts = {"key": fingerprint, "taken": taken, "ms": round((time.monotonic() - began) * 1000)}
    log.info("operations settled", extra=facts)
    return taken


def lease_length() -> timedelta:
    """Longer than that of a row: who takes over a lane finds the row that its holder left first."""
    return ledger.lease_length() + timedelta(seconds=10)


def tally_lanes(*, now: datetime) -> LaneTally:
    """Two queries, which read the rows that are open, and a row a key."""
    ends = _leases().values_list("until", flat=True)
    return LaneTally(
        due=ledger.due(now).order_by().values("fingerprint").distinct().count(),
        held=sum(not _is_free(until, now) for until in ends),
    )


def _rows(fingerprint: str) -> QuerySet[Operation]:
    """Within lost answers, and within what waits, in the order in which it was asked for."""
    due = ledger.due(timezone.now()).filter(fingerprint=fingerprint)
    ordered = due.order_by(IS_WAITING, "created_at", "id")
    return ordered.select_related("key__owner", "user")[:ROWS_A_PASS]


def _leases() -> QuerySet[Lease]:
    return Lease.objects.filter(purpose=LeasePurpose.SETTLE)


def _is_free(until: datetime | None, now: datetime) -> bool:
    return has_passed(until, now=now, at_most=lease_length())
