"""One batch: the vendor's two answers side by side, and what this dashboard remembers of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.utils import timezone

from batches.models import Operation, SeenBatch, State, StatusChange, Verb
from batches.models.names import name_digest
from batches.refonte import IN_PROGRESS, PAUSED, STAGING, Batch, BatchStatus, Counts, Outcome
from batches.services import pace, vendor
from batches.services.operations import last_priorities, operations_of
from batches.services.operations.outcomes import LOOK_AFTER
from batches.services.page_key import PageKey
from batches.services.progress import Progress
from batches.services.readings import (
    Reading,
    batch_query,
    last_known,
    read,
    read_together,
    status_query,
)
from batches.services.seen import Sighting, find_seen, is_storable, record
from batches.services.sql import placeholders, select

EVENTS_SHOWN = 50
# Written out, as polls ask it: Django would take five times as long to build it as the database
# takes to answer.
CHANGES = """
    SELECT * FROM batches_statuschange WHERE fingerprint IN ({}) AND digest = %s
     ORDER BY at DESC LIMIT %s
"""
MADE = frozenset({State.SUCCEEDED, State.CHECKING})
LATE = timedelta(seconds=sum(LOOK_AFTER))  # until the last look for a lost answer
UNFINISHED = frozenset({STAGING, IN_PROGRESS, PAUSED})
PRIORITY_TOLD = frozenset({State.SUCCEEDED, State.UNCONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the timeline: a status change, or an operation of this dashboard."""

    at: datetime
    change: StatusChange | None = None
    operation: Operation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDetail:
    """What is known of one batch.

    batch: the vendor's answer, for what does not move. status: its counts, for what does.
    seen: when and how this dashboard last saw it, where the answers do not say all.
    priority: the last one sent, as the vendor cannot be asked for it.
    """

    name: str
    batch: Reading[Batch]
    status: Reading[BatchStatus]
    seen: SeenBatch | None
    changes: tuple[StatusChange, ...]
    operations: tuple[Operation, ...]
    priority: Operation | None

    @property
    def events(self) -> tuple[Event, ...]:
        """The timeline, newest first."""
        events = [Event(at=change.at, change=change) for change in self.changes]
        events += [Event(at=sent.created_at, operation=sent) for sent in self.operations]
        return tuple(sorted(events, key=lambda event: event.at, reverse=True))

    @property
    def poll_seconds(self) -> int | None:
        """None where nothing will change any more, or where there is nothing to look at."""
        if self.is_missing:
            return pace.NEAR if self.late_create else None
        return pace.after(self.reading, pace.of_batch(self.progress), timezone.now())

    @property
    def is_known(self) -> bool:
        """Anything at all to show."""
        return self.batch.data is not None or self.status.data is not None or self.seen is not None

    @property
    def is_missing(self) -> bool:
        """The vendor says it knows no such batch, to this key."""
        failures = (self.status.failure, self.batch.failure)
        return any(failure and failure.outcome == "not_found" for failure in failures)

    @property
    def late_create(self) -> Operation | None:
        """What made the batch, or may have, where Refonte may only be late in showing it."""
        if not self.is_missing or self.seen is not None:
            return None
        creates = (op for op in self.operations if op.verb == Verb.CREATE and op.state in MADE)
        since = timezone.now() - LATE
        return next((op for op in creates if (op.sent_at or op.created_at) > since), None)

    @property
    def is_refused(self) -> bool:
        """The vendor refuses the key, so what was seen with it is not shown any more."""
        return _is_refused(self.status, self.batch)

    @property
    def current_status(self) -> str | None:
        """From whichever answer is newer, or from what a list said since."""
        told = [
            (reading.as_of, reading.data.status)
            for reading in (self.status, self.batch)
            if reading.as_of and reading.data and reading.data.status
        ]
        if self.seen and self.seen.status:
            told.append((self.seen.seen_at, self.seen.status))
        return max(told, key=itemgetter(0))[1] if told else None

    @property
    def project(self) -> str | None:
        if self.batch.data:
            return self.batch.data.project
        return self.seen.project if self.seen else None

    @property
    def created_at(self) -> datetime | None:
        if self.batch.data and self.batch.data.created_at:
            return self.batch.data.created_at
        return self.seen.created_at if self.seen else None

    @property
    def progress(self) -> Progress:
        return _progress(self.status, self.seen, self.current_status)

    @property
    def can_finalize(self) -> bool:
        return self.current_status == STAGING

    @property
    def can_prioritize(self) -> bool:
        """Where there may be tasks to move; of a status that is new to us nobody knows."""
        return self.current_status in UNFINISHED or self.current_status is None

    @property
    def reading(self) -> Reading[BatchStatus] | Reading[Batch]:
        """The one whose age and failure the page shows."""
        return self.batch if self.batch.failure and not self.status.failure else self.status


def read_detail(*, key: PageKey, name: str) -> BatchDetail:
    """The whole page: two calls, side by side."""
    batch, status = read_together(
        key=key,
        queries=(batch_query(name), status_query(name)),
        kind=vendor.Kind.PAGE,
        deadline=vendor.new_deadline(),
    )
    return _detail(key, name, batch, status)


def poll_detail(*, key: PageKey, name: str) -> BatchDetail:
    """What moves on the page: one call. How the other one ended is the page's, not the poll's."""
    status = read(
        key=key,
        query=status_query(name),
        kind=vendor.Kind.POLL,
        deadline=vendor.new_deadline(),
    )
    batch = last_known(key=key, query=batch_query(name))
    return _detail(key, name, replace(batch, failure=None, next_try=None), status)


def _detail(
    key: PageKey, name: str, batch: Reading[Batch], status: Reading[BatchStatus]
) -> BatchDetail:
    seen = None if _is_refused(batch, status) else _write_down(key, name, batch, status)
    # then nobody saw it change, but with a key that this one has replaced
    is_new = seen is not None and seen.is_new and not key.earlier
    stored = name if is_storable(name) else ""  # as no batch is called
    operations = operations_of(key=key, name=stored, limit=EVENTS_SHOWN)
    return BatchDetail(
        name=name,
        batch=batch,
        status=status,
        seen=seen,
        changes=() if is_new else _changes(key, stored),
        operations=operations,
        priority=_last_priority(key, stored, operations),
    )


def _changes(key: PageKey, name: str) -> tuple[StatusChange, ...]:
    query = CHANGES.format(placeholders(key.fingerprints))
    return tuple(select(StatusChange, query, [*key.fingerprints, name_digest(name), EVENTS_SHOWN]))


def _last_priority(key: PageKey, name: str, operations: Sequence[Operation]) -> Operation | None:
    """As lists tell it; it is asked for only where what is at hand may not reach back to it."""
    if len(operations) == EVENTS_SHOWN:
        return last_priorities(key=key, names=[name]).get(name)
    sent = [op for op in operations if op.verb == Verb.PRIORITIZE and op.state in PRIORITY_TOLD]
    return max(sent, key=lambda op: (op.sent_at or op.created_at, op.id), default=None)


def _is_refused(*readings: Reading[Any]) -> bool:
    failures = (reading.failure for reading in readings)
    return any(failure and failure.outcome == Outcome.KEY_REFUSED for failure in failures)


def _write_down(
    key: PageKey, name: str, batch: Reading[Batch], status: Reading[BatchStatus]
) -> SeenBatch | None:
    """Record what is news; what was seen before is asked for only where the answers lack it.

    A status answered beside its batch is one sighting.
    """
    sightings = []
    if batch.is_news and batch.data and batch.data.name == name:
        sightings.append(Sighting.of_batch(batch.data))
    if status.is_news and status.data:
        sightings.append(Sighting.of_status(name, status.data))
    times = [reading.as_of for reading in (batch, status) if reading.is_news and reading.as_of]
    if not sightings or not times:
        told = batch.data and status.data and not status.data.counts.is_empty
        fails = batch.failure or status.failure
        return None if told and not fails else find_seen(key=key, names=[name]).get(name)
    return record(key=key, sightings=[_joined(sightings)], at=max(times)).get(name)


def _joined(sightings: Sequence[Sighting]) -> Sighting:
    first, last = sightings[0], sightings[-1]
    return Sighting(
        name=first.name,
        project=first.project,
        status=last.status or first.status,
        created_at=first.created_at,
        counts=next((s.counts for s in (last, first) if s.counts and not s.counts.is_empty), None),
    )


def _progress(
    status: Reading[BatchStatus], seen: SeenBatch | None, current: str | None
) -> Progress:
    """From whichever told counts last: the answer, or what a list said since."""
    told = status.data is not None and not status.data.counts.is_empty
    if seen is not None and seen.counts and (not told or _is_later(seen, status)):
        counts = Counts.parse(seen.counts)
        return Progress(counts=counts, status=current, as_of=seen.counts_at)
    counts = status.data.counts if status.data is not None else Counts()
    return Progress(counts=counts, status=current)


def _is_later(seen: SeenBatch, status: Reading[BatchStatus]) -> bool:
    if seen.counts_at is None or status.as_of is None or not status.is_stale:
        return False
    return seen.counts_at > status.as_of
