"""The page of one batch: the vendor's two answers, and what is recorded of the batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from batches.models import Operation, State, StatusChange, Verb
from batches.refonte import IN_PROGRESS, PAUSED, STAGING, Batch, BatchStatus, Outcome
from batches.services.attention.types import Note, OpenAlarm
from batches.services.batches import pace
from batches.services.batches.events import EVENTS_SHOWN, Event, events_of
from batches.services.batches.facts import BatchFacts, join_facts
from batches.services.batches.kept import Kept, read_kept
from batches.services.batches.progress import Progress
from batches.services.clock import is_older
from batches.services.estimates.read import SeenEstimated, seen_with_estimate
from batches.services.estimates.types import BatchEstimate
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import Sighting, is_storable
from batches.services.operations.history import last_priorities, operations_of
from batches.services.operations.outcomes import CHECK_DELAYS
from batches.services.readings.queries import batch_query, status_query
from batches.services.readings.read import last_known, read, read_together
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline

MAY_HAVE_CREATED = frozenset({State.SUCCEEDED, State.CHECKING})
LATE = timedelta(seconds=sum(CHECK_DELAYS))  # until the last check for a lost answer
UNFINISHED = frozenset({STAGING, IN_PROGRESS, PAUSED})
PRIORITY_SHOWN = frozenset({State.SUCCEEDED, State.UNCONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDetail:
    """What is known of one batch.

    batch, status: the vendor's two answers. facts: from them and all earlier answers, each with
        its age.
    kept: what this console keeps of it. priority: the last one sent from here.
    estimate: None for a finished batch too. quiet_hours: of the week, see `quiet_hours_of`.
    """

    name: str
    batch: Reading[Batch]
    status: Reading[BatchStatus]
    facts: BatchFacts
    kept: Kept
    operations: tuple[Operation, ...]
    # no answer of the vendor contains a priority
    priority: Operation | None
    estimate: BatchEstimate | None = None
    quiet_hours: frozenset[int] = frozenset()

    @property
    def events(self) -> tuple[Event, ...]:
        """The timeline, newest first."""
        return events_of(kept=self.kept, operations=self.operations)

    @property
    def changes(self) -> tuple[StatusChange, ...]:
        return self.kept.changes

    @property
    def note(self) -> Note:
        return self.kept.note

    @property
    def alarms(self) -> tuple[OpenAlarm, ...]:
        """Those that have not ended, in the order of harm."""
        return self.kept.open_alarms

    @property
    def poll_seconds(self) -> int | None:
        """None where nothing changes any more, or nothing is shown."""
        if self.is_missing:
            # a batch created just now may appear with the next answer
            return pace.NEAR if self.late_create else None
        return pace.after(self.reading, pace.of_batch(self.progress), timezone.now())

    @property
    def is_known(self) -> bool:
        """Whether there is anything to show."""
        return self.facts.is_known

    @property
    def is_missing(self) -> bool:
        """Whether the vendor last answered that it has no such batch for this key."""
        failures = (self.status.failure, self.batch.failure)
        is_absent = any(failure and failure.outcome == Outcome.NOT_FOUND for failure in failures)
        return is_absent or self.facts.absent_at is not None

    @property
    def late_create(self) -> Operation | None:
        """The create that may have made the missing batch: Refonte may only be slow to show it."""
        if not self.is_missing:
            return None
        creates = (
            op for op in self.operations if op.verb == Verb.CREATE and op.state in MAY_HAVE_CREATED
        )
        now = timezone.now()
        sent = ((op, op.sent_at or op.created_at) for op in creates)
        return next((op for op, at in sent if not is_older(at, now=now, than=LATE)), None)

    @property
    def is_refused(self) -> bool:
        """Whether the vendor refuses the key: then nothing recorded with it is shown."""
        return _is_refused(self.status, self.batch)

    @property
    def current_status(self) -> str | None:
        return self.facts.status

    @property
    def project(self) -> str | None:
        return self.facts.project

    @property
    def created_at(self) -> datetime | None:
        return self.facts.created_at

    @property
    def progress(self) -> Progress:
        is_given = self.status.data is not None and not self.status.data.counts.is_empty
        has_counts = is_given and not self.status.is_stale
        return self.facts.progress(self.reading.as_of, has_counts=has_counts)

    @property
    def can_finalize(self) -> bool:
        return self.current_status == STAGING

    @property
    def can_prioritize(self) -> bool:
        """Whether there may be tasks to move."""
        return self.current_status in UNFINISHED or self.current_status is None

    @property
    def reading(self) -> Reading[BatchStatus] | Reading[Batch]:
        """The answer whose age and failure the page shows."""
        return self.batch if self.batch.failure and not self.status.failure else self.status


def read_detail(*, key: KeyHandle, name: str) -> BatchDetail:
    """The whole page, with two calls side by side."""
    batch, status = read_together(
        key=key,
        queries=(batch_query(name), status_query(name)),
        kind=Kind.PAGE,
        deadline=new_deadline(),
    )
    return _detail(key, name, batch, status)


def poll_detail(*, key: KeyHandle, name: str) -> BatchDetail:
    """What changes on the page, with one call."""
    status = read(
        key=key,
        query=status_query(name),
        kind=Kind.POLL,
        deadline=new_deadline(),
    )
    batch = last_known(key=key, query=batch_query(name))
    # a failure of the answer that is not asked again would never end
    return _detail(key, name, replace(batch, failure=None, next_try=None), status)


def _detail(
    key: KeyHandle, name: str, batch: Reading[Batch], status: Reading[BatchStatus]
) -> BatchDetail:
    is_refused = _is_refused(batch, status)
    known = SeenEstimated() if is_refused else _known(key, name, status)
    stored = name if is_storable(name) else ""  # no batch has this name
    operations = operations_of(key=key, name=stored, limit=EVENTS_SHOWN)
    facts = join_facts(name, answers=_answers(name, batch, status), seen=known.seen)
    return BatchDetail(
        name=name,
        batch=batch,
        status=status,
        facts=facts,
        kept=Kept() if is_refused else read_kept(key=key, name=name),
        operations=operations,
        priority=_last_priority(key, stored, operations),
        estimate=None if facts.status in pace.SETTLED else known.estimate,
        quiet_hours=known.quiet_hours,
    )


def _known(key: KeyHandle, name: str, status: Reading[BatchStatus]) -> SeenEstimated:
    """The recorded row with its estimate. Of a row that is new there is none."""
    recorded = status.recorded.get(name)
    if (recorded and recorded.is_new) or not is_storable(name):
        return SeenEstimated(recorded)
    now = timezone.now()
    known = seen_with_estimate(fingerprint=key.fingerprint, name=name, now=now)
    # what this request itself recorded is at least as new
    return known._replace(seen=recorded) if recorded else known


def _answers(
    name: str, batch: Reading[Batch], status: Reading[BatchStatus]
) -> Iterator[tuple[datetime | None, Sighting]]:
    if status.data:
        yield status.as_of, Sighting.of_status(name, status.data)
    # the vendor may answer about another batch: its facts are not used
    if batch.data and batch.data.name == name:
        yield batch.as_of, Sighting.of_batch(batch.data)


def _last_priority(key: KeyHandle, name: str, operations: Sequence[Operation]) -> Operation | None:
    """The last priority sent, as lists show it."""
    # the operations shown are cut at 50, so an older priority may not be among them
    if len(operations) == EVENTS_SHOWN:
        return last_priorities(key=key, names=[name]).get(name)
    sent = [op for op in operations if op.verb == Verb.PRIORITIZE and op.state in PRIORITY_SHOWN]
    return max(sent, key=lambda op: (op.sent_at or op.created_at, op.id), default=None)


def _is_refused(*readings: Reading[Any]) -> bool:
    failures = (reading.failure for reading in readings)
    return any(failure and failure.outcome == Outcome.KEY_REFUSED for failure in failures)
