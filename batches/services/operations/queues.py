"""In which order open operations are settled: one queue a key, so that no key waits for another's.

Any number of workers share the queues. A worker takes the lease of a queue, then the lease of each
operation in it.
"""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from batches.models import Lease, LeasePurpose, Operation, State
from batches.services import leases
from batches.services.clock import has_passed
from batches.services.operations import ledger
from batches.services.operations.settle import settle_due
from batches.trace import log_operation

log = logging.getLogger(__name__)

# One key has a thread for so long; then the thread is free for a key that has waited longer.
OPERATIONS_A_RUN = 20
ROWS_A_RUN = 3  # of bulks: what a person sent meanwhile waits no longer than for these
SECONDS_A_RUN = 10  # and the operation that is under way then
NEVER = datetime.min.replace(tzinfo=UTC)
IS_WAITING = Case(When(state=State.WAITING, then=Value(1)), default=Value(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """due: keys with operations that are due. active: keys that a worker is settling."""

    due: int
    active: int


def settle_due_operations(*, now: datetime) -> int:
    """One run of each queue, one after the other. Returns how many operations were settled."""
    return sum(settle_key(fingerprint=fingerprint) for fingerprint in due_keys(now=now))


def due_keys(*, now: datetime) -> list[str]:
    """Fingerprints of keys with operations that are due, and with no worker.

    Keys with unanswered operations of people come first, those with operations of bulks alone
    last; of these, those that waited longest. One query where nothing is due.
    """
    single = Q(bulk=None)
    unanswered = Count("id", filter=single & ~Q(state=State.WAITING))
    rows = ledger.due(now).order_by().values_list("fingerprint")
    counted = rows.annotate(unanswered=unanswered, single=Count("id", filter=single))
    due = {key: (not unanswered, not single) for key, unanswered, single in counted}
    if not due:
        return []
    leases = _leases().filter(fingerprint__in=due).values_list("fingerprint", "until")
    last_run = dict(leases)
    free = [key for key in due if _is_free(last_run.get(key), now)]
    # a lease ends after its run, so its time shows which key was served longest ago
    return sorted(free, key=lambda key: (*due[key], last_run.get(key, NEVER), key))


def settle_key(*, fingerprint: str) -> int:
    """One run of a queue. Returns how many operations were settled; 0 where a worker has it."""
    lease = leases.acquire(
        Lease, length=lease_length(), fingerprint=fingerprint, purpose=LeasePurpose.SETTLE
    )
    if lease is None:
        return 0
    settled, began = 0, time.monotonic()
    for operation in _due_operations(fingerprint):
        if time.monotonic() - began > SECONDS_A_RUN or not threading.main_thread().is_alive():
            break
        # before each operation: after a long pause of this process another worker has the queue
        if not lease.renew():
            log.warning("another worker took over a queue", extra={"key": fingerprint})
            break
        with log_operation(operation.id):
            settled += settle_due(operation)
    lease.release()
    took = round((time.monotonic() - began) * 1000)
    log.info("operations settled", extra={"key": fingerprint, "settled": settled, "ms": took})
    return settled


def lease_length() -> timedelta:
    # the next worker finds the lease of the operation that the last one was settling ended too
    return ledger.lease_length() + timedelta(seconds=10)


def count_queues(*, now: datetime) -> QueueCounts:
    """Two queries, which read the open operations, and a row a key."""
    ends = _leases().values_list("until", flat=True)
    return QueueCounts(
        due=ledger.due(now).order_by().values("fingerprint").distinct().count(),
        active=sum(not _is_free(until, now) for until in ends),
    )


def _due_operations(fingerprint: str) -> Iterator[Operation]:
    """Those of people first, so that none of them waits for a bulk."""
    due = ledger.due(timezone.now()).filter(fingerprint=fingerprint)
    # unanswered ones first: people wait to know whether they may send again
    ordered = due.order_by(IS_WAITING, "created_at", "id").select_related("key__owner", "user")
    yield from ordered.filter(bulk=None)[:OPERATIONS_A_RUN]
    yield from ordered.filter(bulk__isnull=False)[:ROWS_A_RUN]


def _leases() -> QuerySet[Lease]:
    return Lease.objects.filter(purpose=LeasePurpose.SETTLE)


def _is_free(until: datetime | None, now: datetime) -> bool:
    return has_passed(until, now=now, at_most=lease_length())
