"""One row of a list: the facts of a batch, with the age of what is not as old as the page."""

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

    progress: for this page. status_as_of: the age of the status where the page does not show it
        otherwise. mark: why it is drawn though the list no longer holds it.
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
        """Which batch, a digest of what its row shows and may change, whether it is completed."""
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
        state = COMPLETED if self.status == COMPLETED else "open"
        return f"{to_ref(self.name)} {digest(shown)} {state}"

    @cached_property
    def is_unread(self) -> bool:
        """Nobody has read its progress yet, and somebody can."""
        if self.facts.counts_at is not None or self.facts.absent_at is not None:
            return False
        return is_storable(self.name) and is_addressable(self.name)


def from_vendor(
    batch: Batch,
    seen: SeenBatch | None,
    priorities: Mapping[str, Operation],
    listing: Reading[BatchPage],
) -> Row:
    """A row of the vendor's list, with what is remembered beyond it.

    What needs nothing but the vendor's answer and our priority is made once an answer.
    """
    priority = priorities.get(batch.name)
    if seen:
        return _listed(batch, seen, priority, listing)
    place, made_of = ("row", batch.name), (listing.as_of, _sent(priority))
    made: tuple[object, Row] | None = listing.memo.get(place)
    if made is None or made[0] != made_of:
        made = listing.memo[place] = made_of, _listed(batch, None, priority, listing)
    return made[1]


def from_seen(row: SeenBatch, priorities: Mapping[str, Operation], *, mark: str = "") -> Row:
    """A row from what is remembered alone: everything on it tells its age."""
    facts = join_facts(row.name, seen=row)
    return _row(facts, None, priorities.get(row.name), tells_counts=False, mark=mark)


def find_beyond(
    *, key: KeyHandle, names: Iterable[str], listing: Reading[BatchPage]
) -> Mapping[str, SeenBatch]:
    """What is remembered of batches beyond what a list says of them: one query, or none where this
    very request read the list.
    """
    asked = [name for name in names if name not in listing.recorded]
    listed = _complete_names(listing)
    # what the list leaves nothing out of is older than the list, or it is no news
    since = listing.as_of if listed.issuperset(asked) else None
    found = find_seen(fingerprint=key.fingerprint, names=asked, since=since)
    return {**found, **listing.recorded}


def lacks_counts(batches: Sequence[Batch]) -> bool:
    """The vendor gave a list without counts: they have to be read one by one."""
    return any(batch.counts is None for batch in batches)


def _complete_names(listing: Reading[BatchPage]) -> frozenset[str]:
    """Batches of which the list leaves nothing out, so that only newer answers add to it."""
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
    tells_counts = batch.counts is not None and not listing.is_stale
    return _row(facts, listing.as_of, priority, tells_counts=tells_counts)


def _row(
    facts: BatchFacts,
    page_at: datetime | None,
    priority: Operation | None,
    *,
    tells_counts: bool,
    mark: str = "",
) -> Row:
    progress = facts.progress(page_at, tells_counts=tells_counts)
    is_older = facts.status_at and (page_at is None or facts.status_at < page_at)
    is_told = progress.known and progress.as_of == facts.status_at
    return Row(
        facts=facts,
        progress=progress,
        status_as_of=facts.status_at if is_older and not is_told else None,
        priority=priority,
        mark=mark,
    )


def _sent(priority: Operation | None) -> tuple[object, ...]:
    """What a row shows of a priority."""
    return (priority.id, priority.state) if priority else ()
