"""Which batches are to be estimated now. Imports no numpy.

An estimate is computed again after 5 minutes where the batch was looked at since, and at once
where its status or its total is another one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from batches.models import Estimate, SeenBatch
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, PAUSED, Counts
from batches.services import clock

EVERY = timedelta(minutes=5)
# A batch that nobody looks at, until its estimate says that: its range loses its worth.
UNSEEN_EVERY = timedelta(minutes=15)
# A batch last looked at longer ago gets no first estimate: pages have seen batches for years.
FRESH = timedelta(days=1)
ENDED = (COMPLETED, CANCELLED)
ESTIMATED = (IN_PROGRESS, PAUSED)

# What is asked of an open batch, in the order of `_Open`.
OF_BATCH = ("pk", "fingerprint", "status", "counts", "counts_at")
OPEN = (*OF_BATCH, *(f"estimate__{name}" for name in ("at", "as_of", "status", "total")))


@dataclass(slots=True)
class Due:
    """Primary keys of batches of one key.

    ended: leave what later estimates need, oldest first. open: are estimated, the one whose
    estimate is oldest first. dropped: have an estimate and are neither open nor ended.
    oldest: when the oldest estimate that is due was computed.
    """

    ended: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    oldest: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.ended or self.open or self.dropped)


def find_due(*, now: datetime, fingerprint: str | None = None) -> dict[str, Due]:
    """By fingerprint, of one key or of all. Four queries, however many batches there are."""
    found: dict[str, Due] = {}
    for one in sorted(_open(now, fingerprint), key=lambda one: (one.at is not None, one.at)):
        due = found.setdefault(one.fingerprint, Due())
        due.open.append(one.pk)
        due.oldest = due.oldest or one.at
    for row in _moved_on(fingerprint):
        due = found.setdefault(row.fingerprint, Due())
        if row.absent_at is None and row.status == PAUSED:
            due.open.append(row.pk)
        elif row.absent_at is None and row.status in ENDED:
            due.ended.append(row.pk)
        else:
            due.dropped.append(row.pk)
    return found


@dataclass(frozen=True, slots=True)
class _Open:
    """A batch in progress with its estimate, if it has one."""

    pk: int
    fingerprint: str
    status: str
    counts: dict[str, Any] | None
    counts_at: datetime
    at: datetime | None
    as_of: datetime | None
    estimated_status: str | None
    total: int | None

    def is_due(self, now: datetime) -> bool:
        if self.at is None or self.as_of is None or self.status != self.estimated_status:
            return True
        if self.counts_at <= self.as_of:
            return clock.is_older(self.at, now=now, than=UNSEEN_EVERY)
        if clock.is_older(self.at, now=now, than=EVERY):
            return True
        return Counts.parse(self.counts or {}).total != self.total


def _open(now: datetime, fingerprint: str | None) -> Iterator[_Open]:
    """Batches in progress that are due."""
    is_new = Q(estimate=None, counts_at__gt=now - FRESH)
    is_seen = Q(counts_at__gt=F("estimate__as_of")) | ~Q(status=F("estimate__status"))
    # one that is silent already stays so until somebody looks at the batch
    is_unseen = Q(estimate__reason="", estimate__at__lte=now - UNSEEN_EVERY)
    rows = _of_key(_in_progress().filter(is_new | is_seen | is_unseen), fingerprint)
    for values in rows.exclude(counts_at=None).values_list(*OPEN):
        one = _Open(*values)
        if one.is_due(now):
            yield one


def _moved_on(fingerprint: str | None) -> list[SeenBatch]:
    """Estimated batches that are not in progress any more, or that Refonte does not know any more,
    in the order in which they ended.

    Reads a row for each open batch: an estimate is deleted when its batch ends.
    """
    # Compared here: of a join PostgreSQL expects few open batches, and compares each with each.
    is_open = set(_in_progress().values_list("pk", flat=True))
    estimated = Estimate.objects.values_list("batch_id", "status")
    moved = {pk: status for pk, status in estimated if pk not in is_open}
    if not moved:
        return []
    rows = _of_key(SeenBatch.objects.filter(pk__in=moved), fingerprint)
    found = rows.only("fingerprint", "status", "absent_at", "sampled_at")
    # a pause lasts, and was estimated when it began; another one is due by its status
    due = [row for row in found if row.status != moved[row.pk] or row.absent_at]
    # the newest sample of a batch that ended is that of its end
    return sorted(due, key=lambda row: (row.sampled_at is not None, row.sampled_at, row.pk))


def _in_progress() -> QuerySet[SeenBatch]:
    # named twice, as SQLite uses the index of open batches only where the query says "open"
    open_ones = SeenBatch.objects.filter(status__in=("staging", "in_progress"))
    return open_ones.filter(status=IN_PROGRESS, absent_at=None)


def _of_key(rows: QuerySet[SeenBatch], fingerprint: str | None) -> QuerySet[SeenBatch]:
    return rows.filter(fingerprint=fingerprint) if fingerprint else rows
