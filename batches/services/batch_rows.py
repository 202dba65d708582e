"""One row of a list: what the vendor said last about a batch, with the age of what is older."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from batches.models import Operation, SeenBatch
from batches.refonte import Batch, Counts
from batches.refs import is_addressable
from batches.services.progress import Progress
from batches.services.seen import is_storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A batch on a list. `mark` says why it is drawn though the list no longer holds it."""

    name: str
    project: str | None
    status: str | None
    created_at: datetime | None
    progress: Progress
    priority: Operation | None = None
    mark: str = ""


def from_vendor(
    batch: Batch,
    seen: SeenBatch | None,
    priorities: Mapping[str, Operation],
    listed_at: datetime | None,
) -> Row:
    """A row of the vendor's list. Counts it lacks are the last ones read, with their age.

    listed_at: when the vendor gave the list; what was read later says more.
    """
    counts, as_of, status = batch.counts, None, batch.status
    if counts is None or counts.is_empty or _is_later(seen.counts_at if seen else None, listed_at):
        counts, as_of = _counts_of(seen)
    if seen and _is_later(seen.seen_at, listed_at):
        status = seen.status or status
    return Row(
        name=batch.name,
        project=batch.project,
        status=status,
        created_at=batch.created_at,
        progress=Progress(counts=counts, status=status, as_of=as_of),
        priority=priorities.get(batch.name),
    )


def from_seen(row: SeenBatch, priorities: Mapping[str, Operation], *, mark: str = "") -> Row:
    """A row from what this dashboard has seen."""
    counts, as_of = _counts_of(row)
    return Row(
        name=row.name,
        project=row.project,
        status=row.status,
        created_at=row.created_at,
        progress=Progress(counts=counts, status=row.status, as_of=as_of or row.seen_at),
        priority=priorities.get(row.name),
        mark=mark,
    )


def lacks_counts(batches: Iterable[Batch]) -> bool:
    """The vendor gave a list without counts: they have to be read one by one."""
    return any(batch.counts is None or batch.counts.is_empty for batch in batches)


def _is_later(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other


def is_unread(row: Row) -> bool:
    """Nobody has read its progress yet, and somebody can."""
    if row.progress.known or row.progress.as_of is not None:
        return False
    return is_storable(row.name) and is_addressable(row.name)


def _counts_of(seen: SeenBatch | None) -> tuple[Counts, datetime | None]:
    if seen is None or seen.counts is None:
        return Counts(), None
    return Counts.parse(seen.counts), seen.counts_at
