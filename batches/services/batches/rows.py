"""One row of a list: the facts of a batch, with an age where it differs from the page's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from batches.models import Operation, SeenBatch
from batches.refonte import COMPLETED, Batch, BatchPage
from batches.refs import is_addressable, to_ref
from batches.services.batches.digests import digest
from batches.services.batches.facts import BatchFacts, join_facts
from batches.services.batches.progress import Progress
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting, is_storable
from batches.services.readings.reading import Reading


@dataclass(frozen=True, kw_only=True)
class Row:
    """A batch on a list.

    progress: counts, with an age where that differs from the page's.
    status_as_of: when the status was read, where nothing else on the page shows that.
    mark: why the row is shown although the list no longer contains the batch.
    """

    facts: BatchFacts
    progress: Progress
    status_as_of: datetime | None = None
    priority: Operation | None = None
    mark: str = ""

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def project(self) -> str | None:
        return self.facts.project

    @property
    def status(self) -> str | None:
        return self.facts.status

    @property
    def created_at(self) -> datetime | None:
        return self.facts.created_at

    @cached_property
    def stamp(self) -> str:
        """Ref, digest of what the row shows, state. Polls send it back, to get changed rows."""
        shown = (
            self.status,
            sorted(self.progress.counts.as_dict().items()),
            self.progress.as_of,
            self.progress.is_read,
            self.status_as_of,
            self.facts.absent_at,
            _sent(self.priority),
            self.mark,
        )
        # a poll compares it, to announce the batches that completed since the page was drawn
        state = COMPLETED if self.status == COMPLETED else "open"
        return f"{to_ref(self.name)} {digest(shown)} {state}"

    @cached_property
    def is_unread(self) -> bool:
        """Whether its counts were never read, and can be read."""
        if self.facts.counts_at is not None or self.facts.absent_at is not None:
            return False
        # what cannot be recorded or asked for would keep the page at its fastest pace for ever
        return is_storable(self.name) and is_addressable(self.name)


def from_vendor(
    batch: Batch,
    seen: SeenBatch | None,
    priorities: Mapping[str, Operation],
    listing: Reading[BatchPage],
) -> Row:
    """A row of the vendor's list, with the recorded facts that the list lacks."""
    priority = priorities.get(batch.name)
    if seen:
        return _listed(batch, seen, priority, listing)
    # it depends on the answer and our priority alone, so polls of one answer share the row
    place, built_of = ("row", batch.name), (listing.as_of, _sent(priority))
    built: tuple[object, Row] | None = listing.memo.get(place)
    if built is None or built[0] != built_of:
        built = listing.memo[place] = built_of, _listed(batch, None, priority, listing)
    return built[1]


def from_seen(row: SeenBatch, priorities: Mapping[str, Operation], *, mark: str = "") -> Row:
    """A row without a vendor's list, from recorded facts: each is shown with its age."""
    facts = join_facts(row.name, seen=row)
    return _row(facts, None, priorities.get(row.name), has_counts=False, mark=mark)


def find_beyond(
    *, key: KeyHandle, names: Iterable[str], listing: Reading[BatchPage]
) -> Mapping[str, SeenBatch]:
    """Recorded rows that may know more than the list. One query at most."""
    # this request read and recorded these itself, so the database has nothing newer
    asked = [name for name in names if name not in listing.recorded]
    listed = _complete_names(listing)
    # where the list gives every fact of a batch, only a newer record can add to it
    since = listing.as_of if listed.issuperset(asked) else None
    found = find_seen(fingerprint=key.fingerprint, names=asked, since=since)
    return {**found, **listing.recorded}


def lacks_counts(batches: Sequence[Batch]) -> bool:
    """Whether counts have to be read batch by batch, as the list has none."""
    return any(batch.counts is None for batch in batches)


def _complete_names(listing: Reading[BatchPage]) -> frozenset[str]:
    # kept with the answer, as each poll of it needs the same names
    names: frozenset[str] | None = listing.memo.get("complete names")
    if names is None:
        batches = listing.data.batches if listing.data else ()
        complete = (b.name for b in batches if b.project and b.status and b.created_at and b.counts)
        names = listing.memo["complete names"] = frozenset(complete)
    return names


def _listed(
    batch: Batch, seen: SeenBatch | None, priority: Operation | None, listing: Reading[BatchPage]
) -> Row:
    answers = [(listing.as_of, Sighting.of_batch(batch))]
    facts = join_facts(batch.name, answers=answers, seen=seen)
    has_counts = batch.counts is not None and not listing.is_stale
    return _row(facts, listing.as_of, priority, has_counts=has_counts)


def _row(
    facts: BatchFacts,
    page_at: datetime | None,
    priority: Operation | None,
    *,
    has_counts: bool,
    mark: str = "",
) -> Row:
    progress = facts.progress(page_at, has_counts=has_counts)
    is_older = facts.status_at and (page_at is None or facts.status_at < page_at)
    # the counts beside it show the same time already
    is_shown = progress.known and progress.as_of == facts.status_at
    return Row(
        facts=facts,
        progress=progress,
        status_as_of=facts.status_at if is_older and not is_shown else None,
        priority=priority,
        mark=mark,
    )


def _sent(priority: Operation | None) -> tuple[object, ...]:
    """What a row shows of a priority; for digests."""
    return (priority.id, priority.state) if priority else ()
