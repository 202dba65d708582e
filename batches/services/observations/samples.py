"""Keeps samples of a batch's counts: one a minute while they change, else every 15 minutes.

Called by `record` alone, in its transaction and with its rows locked.
"""

from collections.abc import Iterable
from datetime import timedelta

from batches.models import Sample, SeenBatch
from batches.models.samples import STATUS_CODES
from batches.refonte import CANCELLED, COMPLETED, Counts
from batches.services.clock import is_older
from batches.services.observations.due import Before, Due
from batches.services.observations.quarters import add_work

UNCHANGED_EVERY = timedelta(minutes=15)
MINUTE = 60
COUNTED = ("completed", "pending", "error", "cancelled", "total")
COLUMNS = ("second", "status", *COUNTED, "other")
KNOWN_NAMES = frozenset({"pending", "completed", "error", "canceled"})


def is_due(row: SeenBatch, before: Before) -> bool:
    """Whether the answer merged into the row has counts that become a sample."""
    at = row.counts_at
    # an older answer, or one without counts, has changed nothing
    if at is None or at == before.counts_at or not row.counts:
        return False
    if before.sampled_at is None or (row.counts, row.status) != (before.counts, before.status):
        return True
    # its counts stay the same from now on: one sample is enough
    is_finished = row.status in (COMPLETED, CANCELLED)
    return not is_finished and is_older(before.sampled_at, now=at, than=UNCHANGED_EVERY)


def keep_samples(due: Iterable[Due]) -> None:
    """Store samples with two statements at most. The last one of a minute replaces the others."""
    # two processes that lock rows in different orders could deadlock
    found = sorted(due, key=lambda one: one.row.pk)
    if not found:
        return
    Sample.objects.bulk_create(
        [_sample(one.row) for one in found],
        update_conflicts=True,
        unique_fields=("batch", "minute"),
        update_fields=COLUMNS,
    )
    add_work(found)


def _sample(row: SeenBatch) -> Sample:
    counts, at = Counts.parse(row.counts or {}), row.counts_at
    assert at is not None  # noqa: S101 - see `is_due`  # nosec B101
    minute, second = divmod(int(at.timestamp()), MINUTE)
    return Sample(
        batch=row,
        minute=minute,
        second=second,
        status=STATUS_CODES.get(row.status or "", 0),
        completed=counts.completed,
        pending=counts.pending,
        error=counts.error,
        cancelled=counts.canceled,
        total=counts.total,
        other=_other(row) or None,
    )


def _other(row: SeenBatch) -> dict[str, int | str]:
    """Counts without a column, and a status without a code."""
    other: dict[str, int | str] = {
        name: count for name, count in (row.counts or {}).items() if name not in KNOWN_NAMES
    }
    return other if row.status in STATUS_CODES else {**other, "status": row.status or ""}
