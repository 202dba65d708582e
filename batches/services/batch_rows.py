"""One row of a list: what the vendor said last about a batch, with the age of what is older."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from batches.models import Operation, SeenBatch
from batches.refonte import COMPLETED, Batch, BatchPage, Counts
from batches.refs import is_addressable, to_ref
from batches.services.progress import Progress
from batches.services.readings import Reading
from batches.services.seen import is_storable
from batches.services.stamps import digest


@dataclass(frozen=True, kw_only=True)
class Row:
    """A batch on a list. `mark` says why it is drawn though the list no longer holds it."""

    name: str
    project: str | None
    status: str | None
    created_at: datetime | None
    progress: Progress
    priority: Operation | None = None
    mark: str = ""

    @cached_property
    def stamp(self) -> str:
        """Which batch, a digest of what its row shows and may change, whether it is completed."""
        facts = (
            self.status,
            sorted(self.progress.counts.as_dict().items()),
            self.progress.as_of,
            _sent(self.priority),
            self.mark,
        )
        state = COMPLETED if self.status == COMPLETED else "open"
        return f"{to_ref(self.name)} {digest(facts)} {state}"

    @cached_property
    def is_unread(self) -> bool:
        """Nobody has read its progress yet, and somebody can."""
        if self.progress.known or self.progress.as_of is not None:
            return False
        return is_storable(self.name) and is_addressable(self.name)


def from_vendor(
    batch: Batch,
    seen: SeenBatch | None,
    priorities: Mapping[str, Operation],
    listing: Reading[BatchPage],
) -> Row:
    """A row of the vendor's list. Counts it lacks are the last ones read, with their age.

    What needs nothing but the vendor's answer and our priority is made once an answer.
    """
    priority = priorities.get(batch.name)
    if seen:
        return _row(batch, seen, priority, listing.as_of)
    place, sent = ("row", batch.name), _sent(priority)
    made: tuple[object, Row] | None = listing.made.get(place)
    if made is None or made[0] != sent:
        made = listing.made[place] = sent, _row(batch, None, priority, None)
    return made[1]


def _row(
    batch: Batch,
    seen: SeenBatch | None,
    priority: Operation | None,
    listed_at: datetime | None,
) -> Row:
    """listed_at: when the vendor gave the list; what was read later says more."""
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
        priority=priority,
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


def _sent(priority: Operation | None) -> tuple[object, ...]:
    """What a row shows of a priority."""
    return (priority.id, priority.state) if priority else ()


def _counts_of(seen: SeenBatch | None) -> tuple[Counts, datetime | None]:
    if seen is None or seen.counts is None:
        return Counts(), None
    return Counts.parse(seen.counts), seen.counts_at
