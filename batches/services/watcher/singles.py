"""Which batch is read next by its own status: one that left its list, or the one most overdue.

The second only where lists hold no counts. A batch is overdue by the share of its own pace that has
passed. So where there are fewer calls than batches need, all paces grow by the same factor.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import ExpressionWrapper, F, FloatField, Min, Q, QuerySet, Value

from batches.models import Sample, SeenBatch, Sweep
from batches.models.batches import OPEN_STATUSES
from batches.refonte import IN_PROGRESS, STAGING
from batches.services.clock import CLOCKS_APART
from batches.services.watcher.pace import SLOWEST, WINDOW, Point, pace_for

STATUSES = (IN_PROGRESS, STAGING)  # the first is swept first
MOST_LOOKED_AT = 50  # batches that people just read, before one is read all the same
FIELDS = ("completed", "pending", "error", "cancelled", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One batch, read by its status. overdue: 1 when its pace has just passed."""

    row: SeenBatch
    has_departed: bool
    overdue: float = 0


def open_rows(sweep: Sweep) -> QuerySet[SeenBatch]:
    """Batches that had the status of the sweep when they were last seen."""
    # named twice, as SQLite uses the index of open batches only where the query says "open"
    rows = SeenBatch.objects.filter(
        fingerprint=sweep.fingerprint, status=sweep.status, status__in=OPEN_STATUSES
    )
    # a batch that Refonte does not know any more is read no more
    return rows.filter(absent_at=None).order_by("id")


def next_departed(sweep: Sweep) -> Single | None:
    """A batch that had this status and was not in the last whole sweep; each once a sweep."""
    if sweep.swept_at is None:
        return None
    # every batch in the sweep got a newer `status_at` from it
    rows = open_rows(sweep).filter(status_at__lt=sweep.swept_at, id__gt=sweep.last_departed)
    row = rows.first()
    return Single(row=row, has_departed=True) if row else None


def next_by_pace(sweep: Sweep, now: datetime) -> Single | None:
    """The batch that is most overdue; None where lists contain counts or none is due."""
    # the pages of the sweep have read the counts already
    if sweep.holds_counts:
        return None
    second = int(now.timestamp())
    passed = (Value(second) - F("asked_second")) * 1.0 / F("read_every")
    rows = open_rows(sweep).annotate(overdue=ExpressionWrapper(passed, FloatField()))
    # a time that lies ahead was written before the clock was set back
    ahead = Q(asked_second__gt=second + CLOCKS_APART.total_seconds())
    due = rows.filter(Q(overdue__gte=1) | ahead).order_by("-overdue", "id")
    for _ in range(MOST_LOOKED_AT):
        row = due.first()
        if row is None or not _was_read_by_people(row, second):
            break
    return Single(row=row, has_departed=False, overdue=row.overdue) if row else None


def _was_read_by_people(row: SeenBatch, second: int) -> bool:
    """Whether its counts are newer than its turn. If so, its pace begins anew from them."""
    # an answer of a list without counts is noted as {}
    if row.counts_at is None or not row.counts:
        return False
    read = int(row.counts_at.timestamp())
    if not row.asked_second < read <= second:
        return False
    _update(row, asked_second=read)
    return True


def next_due(sweep: Sweep) -> int | None:
    """The epoch second at which the next batch is due; None where none is read by its pace."""
    if sweep.holds_counts:
        return None
    due = F("asked_second") + F("read_every")
    found: int | None = open_rows(sweep).order_by().aggregate(at=Min(due))["at"]
    return found


def note_asked(row: SeenBatch, at: datetime) -> None:
    """Whatever the answer was: else one batch that always fails would stop all others."""
    _update(row, asked_second=int(at.timestamp()))


def note_unaskable(row: SeenBatch, at: datetime) -> None:
    """No URL can carry its name."""
    _update(row, asked_second=int(at.timestamp()), read_every=SLOWEST)


def set_pace(row: SeenBatch, at: datetime) -> None:
    """After an answer: from the samples of its last hour. One query, and one write if it moved."""
    rows = Sample.objects.filter(batch=row).order_by("-minute")
    found = rows.values_list("minute", "second", *FIELDS)[: WINDOW // 60 + 1]
    points = [Point(minute * 60 + second, *counts) for minute, second, *counts in found]
    pace = pace_for(points, now=int(at.timestamp()))
    if pace != row.read_every:
        _update(row, read_every=pace)


def _update(row: SeenBatch, **fields: int) -> None:
    SeenBatch.objects.filter(pk=row.pk).update(**fields)
