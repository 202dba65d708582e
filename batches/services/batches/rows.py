"""One row of a list: the facts of a batch, with an age where it differs from the page's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from batches.models import AlarmKind, Operation, SeenBatch
from batches.refonte import COMPLETED, IN_PROGRESS, PAUSED, Batch, BatchPage
from batches.refs import is_addressable, to_ref
from batches.services.attention.types import OpenAlarm
from batches.services.batches.digests import digest
from batches.services.batches.facts import BatchFacts, join_facts
from batches.services.batches.known import Known, KnownPage, alarms_that_fit
from batches.services.batches.progress import Progress
from batches.services.estimates.read import estimate_beside
from batches.services.estimates.types import BatchEstimate
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting, is_storable
from batches.services.readings.reading import Reading

UNDER_WAY = (IN_PROGRESS, PAUSED)
QUARTER = 15 * 60  # seconds


@dataclass(frozen=True, kw_only=True)
class Row:
    """A batch on a list.

    progress: counts, with an age where that differs from the page's.
    status_as_of: when the status was read, where nothing else on the page shows that.
    mark: why the row is shown although the list no longer contains the batch.
    spark: tasks in each of the last hours, oldest first; None for one that nobody watched.
    alarms: why somebody should look, the worst first.
    """

    facts: BatchFacts
    progress: Progress
    status_as_of: datetime | None = None
    priority: Operation | None = None
    mark: str = ""
    estimate: BatchEstimate | None = None
    spark: tuple[float | None, ...] = ()
    due_at: datetime | None = None
    owner: str = ""
    alarms: tuple[OpenAlarm, ...] = ()

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

    @property
    def spark_points(self) -> list[float]:
        """The hours that somebody watched."""
        return [one for one in self.spark if one is not None]

    def alarm(self, kind: AlarmKind) -> OpenAlarm | None:
        return next((one for one in self.alarms if one.kind == kind), None)

    @property
    def stalled(self) -> OpenAlarm | None:
        return self.alarm(AlarmKind.STALLED)

    @property
    def forgotten(self) -> OpenAlarm | None:
        """In staging for longer than usual."""
        return self.alarm(AlarmKind.STAGING)

    @property
    def at_risk(self) -> OpenAlarm | None:
        return self.alarm(AlarmKind.AT_RISK)

    @property
    def failing(self) -> OpenAlarm | None:
        """With errors that grow."""
        return self.alarm(AlarmKind.ERRORS)

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
            _estimated(self.estimate),
            self.due_at,
            self.owner,
            [(one.id, one.since) for one in self.alarms],
            # their words say "today"
            timezone.localdate() if self.estimate or self.due_at or self.alarms else None,
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
    listing: Reading[BatchPage],
    known: KnownPage,
) -> Row:
    """A row of the vendor's list, with the recorded facts that the list lacks."""
    own, now = known.of(batch.name), timezone.now()
    if seen:
        return _listed(batch, seen, listing, own, now)
    # What else it depends on is kept with the answer, so polls of one answer share the row. An
    # estimate ends by itself, but needs no more than a minute for that.
    place, built_of = (
        ("row", batch.name),
        (listing.as_of, own, int(now.timestamp() // 60)),
    )
    built: tuple[object, Row] | None = listing.memo.get(place)
    if built is None or built[0] != built_of:
        row = _listed(batch, None, listing, own, now)
        built = listing.memo[place] = built_of, row
    return built[1]


def from_seen(
    row: SeenBatch, known: KnownPage, *, mark: str = "", page_at: datetime | None = None
) -> Row:
    """A row without a vendor's list, from recorded facts: each is shown with its age.

    page_at: ages of facts that are as new, or newer, are not shown.
    """
    facts, has_counts = join_facts(row.name, seen=row), page_at is not None
    own, now = known.of(row.name), timezone.now()
    return _row(facts, page_at, own, now, has_counts=has_counts, mark=mark)


def unseen(name: str, known: KnownPage) -> Row:
    """A row of which no answer to the key ever told anything."""
    facts = join_facts(name, seen=None)
    return _row(facts, None, known.of(name), timezone.now(), has_counts=False)


def find_beyond(
    *, key: KeyHandle, names: Iterable[str], listing: Reading[BatchPage], known: KnownPage
) -> Mapping[str, SeenBatch]:
    """Recorded rows that may know more than the list. One query at most, mostly none.

    known: with the names that were seen since the list was read.
    """
    # this request read and recorded these itself, so the database has nothing newer
    asked = [name for name in names if name not in listing.recorded]
    listed = _complete_names(listing)
    # where the list gives every fact of a batch, only a newer record can add to it
    if listing.as_of and listed.issuperset(asked):
        asked = [name for name in asked if name in known.newer]
    found = find_seen(fingerprint=key.fingerprint, names=asked)
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
    batch: Batch,
    seen: SeenBatch | None,
    listing: Reading[BatchPage],
    own: Known,
    now: datetime,
) -> Row:
    answers = [(listing.as_of, Sighting.of_batch(batch))]
    facts = join_facts(batch.name, answers=answers, seen=seen)
    has_counts = batch.counts is not None and not listing.is_stale
    return _row(facts, listing.as_of, own, now, has_counts=has_counts)


def _row(
    facts: BatchFacts,
    page_at: datetime | None,
    own: Known,
    now: datetime,
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
        priority=own.priority,
        mark=mark,
        estimate=_estimate(facts, own, now),
        spark=own.spark if facts.status in UNDER_WAY else (),
        due_at=own.due_at,
        owner=own.owner,
        alarms=alarms_that_fit(own.alarms, facts.status) if own.alarms else (),
    )


def _estimate(facts: BatchFacts, own: Known, now: datetime) -> BatchEstimate | None:
    if own.estimate is None or facts.absent_at is not None:
        return None
    return estimate_beside(
        own.estimate,
        status=facts.status,
        counts=facts.counts,
        counts_at=facts.counts_at,
        now=now,
    )


def _estimated(estimate: BatchEstimate | None) -> tuple[object, ...]:
    """What a row shows of an estimate; for digests. The words themselves would cost a poll more."""
    if estimate is None:
        return ()
    # the early end of a range that has begun is now: its words change every quarter of an hour
    low = estimate.low and int(estimate.low.timestamp() // QUARTER)
    return (estimate.at, estimate.reason, estimate.since, estimate.speed, low)


def _sent(priority: Operation | None) -> tuple[object, ...]:
    """What a row shows of a priority; for digests."""
    return (priority.id, priority.state) if priority else ()
