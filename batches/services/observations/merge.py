"""Merges answers into the record of a batch: for each fact the newest answer counts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from batches.models import SeenBatch, StatusChange
from batches.refonte import Counts
from batches.services.clock import is_ahead
from batches.services.observations.due import Before, Due
from batches.services.observations.samples import is_due
from batches.services.observations.sighting import LONGEST_NAME, LONGEST_STATUS, Sighting, clean

T = TypeVar("T")
Moved = tuple[tuple[str, datetime], ...]
# An answer overtakes another one by less than this: a recorded time further ahead is from a clock
# that was wrong.
LATEST = timedelta(minutes=5)


@dataclass(slots=True)
class Merge:
    """What answers did to rows.

    changed: rows with a fact that differs from the stored one.
    confirmed: rows where only ages differ, by the new ages.
    changes: entries of the timeline. samples: rows whose counts become samples.
    """

    changed: list[SeenBatch] = field(default_factory=list)
    confirmed: dict[Moved, list[SeenBatch]] = field(default_factory=dict)
    changes: list[StatusChange] = field(default_factory=list)
    samples: list[Due] = field(default_factory=list)

    def add(self, row: SeenBatch, given: list[tuple[datetime, Sighting]]) -> None:
        """Merge the answers about one batch into its row, oldest first."""
        facts, ages, before = _facts(row), _ages(row), Before.of(row)
        for at, sighting in sorted(given, key=lambda one: one[0]):
            self.changes += merge(row, sighting, at)
        if (row.status, row.counts) != (before.status, before.counts):
            row.changed_at = max((at for at, _ in given), default=None)
        if is_due(row, before):
            row.sampled_at = row.counts_at
            self.samples.append(Due(row, before))
        if _facts(row) != facts:
            self.changed.append(row)
        elif moved := tuple((n, at) for n, at in _ages(row).items() if at and at != ages[n]):
            self.confirmed.setdefault(moved, []).append(row)


def merge(row: SeenBatch, sighting: Sighting, at: datetime) -> list[StatusChange]:
    """Merge one answer into a row; returns the changes. Newer facts in the row stay."""
    if sighting.is_absent:
        # of two answers of one time, the one that contains the batch proves more
        if at != row.seen_at and not _is_behind(at, row.seen_at):
            row.absent_at = row.absent_at if _is_behind(at, row.absent_at) else at
        return []
    changes = [*_merge_status(row, sighting, at), *_merge_counts(row, sighting, at)]
    is_newest = not _is_behind(at, row.seen_at)
    row.project = _chosen(clean(sighting.project, LONGEST_NAME), row.project, is_newest)
    row.created_at = _chosen(sighting.created_at, row.created_at, is_newest)
    row.seen_at = at if is_newest else row.seen_at
    # the batch was in an answer after the 404, so it is there again
    if not _is_behind(at, row.absent_at):
        row.absent_at = None
    return changes


def _is_behind(at: datetime, known: datetime | None) -> bool:
    """Whether an answer of `at` is older than the recorded time."""
    # a recorded time too far ahead was written before the clock was set back: it is the older one
    return known is not None and at < known and not is_ahead(known, now=at, at_most=LATEST)


def _facts(row: SeenBatch) -> tuple[object, ...]:
    return (row.project, row.status, row.created_at, row.counts, row.grew_at, row.absent_at)


def _ages(row: SeenBatch) -> dict[str, datetime | None]:
    names = ("seen_at", "status_at", "counts_at", "sampled_at")
    return {name: getattr(row, name) for name in names}


def _chosen(given: T | None, known: T | None, is_newest: bool) -> T | None:
    """For project and creation time: an older answer only adds what no newer one contained."""
    first, second = (given, known) if is_newest else (known, given)
    return first or second


def _merge_status(row: SeenBatch, sighting: Sighting, at: datetime) -> list[StatusChange]:
    """An answer without a status leaves the last known one, with its age."""
    status = clean(sighting.status, LONGEST_STATUS)
    if not status or _is_behind(at, row.status_at):
        return []
    before, row.status, row.status_at = row.status, status, at
    # the first status ever seen is no change
    return [_change(row, at, before=before)] if before and before != status else []


def _merge_counts(row: SeenBatch, sighting: Sighting, at: datetime) -> list[StatusChange]:
    """An answer without counts leaves earlier counts; without earlier ones, {} is recorded."""
    before, after = Counts.parse(row.counts or {}), sighting.counts
    if after is None or (after.is_empty and not before.is_empty) or _is_behind(at, row.counts_at):
        return []
    if before.total is not None and (after.total or 0) > before.total:
        row.grew_at = at
    # PostgreSQL's JSON has no NUL, which names of unknown counts may contain
    row.counts = {name.replace("\0", ""): count for name, count in after.as_dict().items()}
    row.counts_at = at
    message = message_of_fall(before, after)
    return [_change(row, at, message=message)] if message else []


def message_of_fall(before: Counts, after: Counts) -> str:
    """A message where a count that should only grow fell."""
    # a lower bound may fall because one answer lacked a count
    if before.is_at_least or after.is_at_least or before.total is None or after.total is None:
        return ""
    if after.total < before.total:
        return f"The total fell from {before.total:,} to {after.total:,} tasks"
    if (after.completed or 0) < (before.completed or 0):
        return f"Completed fell from {before.completed:,} to {after.completed:,} tasks"
    return ""


def _change(
    row: SeenBatch, at: datetime, *, before: str | None = "", message: str = ""
) -> StatusChange:
    return StatusChange(
        fingerprint=row.fingerprint,
        name=row.name,
        before=before or "",
        after=row.status or "",
        message=message,
        at=at,
    )
