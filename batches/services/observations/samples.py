"""Keeps a sample of a batch's counts: at most one a minute, when something changed or is due.

Called by `record` alone, in its transaction and with its rows locked.
"""

from collections.abc import Iterable
from datetime import timedelta

from batches.models import Sample, SeenBatch
from batches.models.samples import STATUS_CODES
from batches.refonte import COMPLETED, Counts
from batches.services.clock import is_older
from batches.services.observations.due import Before, Due
from batches.services.observations.quarters import add_work

UNCHANGED_EVERY = timedelta(minutes=15)
MINUTE = 60
COUNTED = ("completed", "pending", "error", "cancelled", "total")
COLUMNS = ("second", "status", *COUNTED, "other")
KNOWN_NAMES = frozenset({"pending", "completed", "error", "canceled"})


def is_due(row: SeenBatch, before: Before) -> bool:
    """Whether the answer that was merged into the row brought counts worth keeping."""
    at = row.counts_at
    if at is None or at == before.counts_at or not row.counts:
        return False
    if before.sampled_at is None or (row.counts, row.status) != (before.counts, before.status):
        return True
    is_finished = row.status == COMPLETED
    return not is_finished and is_older(before.sampled_at, now=at, than=UNCHANGED_EVERY)


def keep_samples(due: Iterable[Due]) -> None:
    """Two statements at most. The last sample of a minute replaces the ones before it."""
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
    assert at is not None  # noqa: S101 - `is_due` has asked  # nosec B101
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
    """Counts that have no column, and a status that has no code."""
    other: dict[str, int | str] = {
        name: count for name, count in (row.counts or {}).items() if name not in KNOWN_NAMES
    }
    return other if row.status in STATUS_CODES else {**other, "status": row.status or ""}
