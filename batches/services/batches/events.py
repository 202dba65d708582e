"""The timeline of a batch: what was seen to change, what needed somebody, what was done here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from batches.models import Operation, StatusChange, Verb
from batches.services.attention.changes import sets_due_date
from batches.services.attention.types import OpenAlarm, PastAlarm, PastDismissal
from batches.services.batches.kept import Kept, WatchedGap
from batches.services.batches.pace import SETTLED

EVENTS_SHOWN = 50  # of each kind
# A change of status so soon after an operation is what the operation did: one mark for both.
FOLLOWS = timedelta(minutes=5)


class AlarmStep(StrEnum):
    BEGAN = "began"
    DISMISSED = "dismissed"
    RETURNED = "returned"  # a dismissal ended, and the alarm did not
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """dismissal: of the steps that have one."""

    step: AlarmStep
    alarm: OpenAlarm
    dismissal: PastDismissal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the timeline; one of the fields below `at` says what happened.

    gap: a time in which the key was not read, at its beginning. is_first_look: watching began.
    number: of its mark on the chart, oldest first; None where it has none.
    """

    at: datetime
    change: StatusChange | None = None
    operation: Operation | None = None
    alarm: AlarmEvent | None = None
    gap: WatchedGap | None = None
    is_first_look: bool = False
    number: int | None = None


def events_of(*, kept: Kept, operations: Iterable[Operation]) -> tuple[Event, ...]:
    """The timeline, newest first."""
    events = [Event(at=change.at, change=change) for change in kept.changes]
    events += [Event(at=sent.created_at, operation=sent) for sent in operations]
    events += [Event(at=at, alarm=step) for one in kept.alarms for at, step in _steps(one)]
    events += [Event(at=gap.since, gap=gap) for gap in _shown_gaps(kept)]
    if kept.watched_since:
        events.append(Event(at=kept.watched_since, is_first_look=True))
    events.sort(key=lambda event: event.at)
    return tuple(_numbered(events))[::-1]


def _steps(past: PastAlarm) -> Iterator[tuple[datetime, AlarmEvent]]:
    """When it began, was dismissed and ended."""
    alarm, ended_at = past.alarm, past.ended_at
    yield alarm.began_at, AlarmEvent(step=AlarmStep.BEGAN, alarm=alarm)
    for one in past.dismissals:
        yield one.at, AlarmEvent(step=AlarmStep.DISMISSED, alarm=alarm, dismissal=one)
        # the end of an alarm ends its dismissal too, and is told itself
        if one.ended_at and (ended_at is None or one.ended_at < ended_at):
            yield one.ended_at, AlarmEvent(step=AlarmStep.RETURNED, alarm=alarm, dismissal=one)
    if ended_at:
        yield ended_at, AlarmEvent(step=AlarmStep.ENDED, alarm=alarm)


def _shown_gaps(kept: Kept) -> Iterator[WatchedGap]:
    """Those in which something of the batch may have been missed."""
    ended_at = max((one.at for one in kept.changes if one.after in SETTLED), default=None)
    was_opened_again = any(ended_at and one.at > ended_at for one in kept.changes)
    for gap in kept.gaps:
        if ended_at is None or was_opened_again or gap.since < ended_at:
            yield gap


def _numbered(events: Iterable[Event]) -> Iterator[Event]:
    number, marked_at = 0, None
    for event in events:
        is_status = event.change is not None and not event.change.message
        follows = is_status and marked_at is not None and event.at - marked_at < FOLLOWS
        if not _has_mark(event) or follows:
            yield event
            continue
        number += 1
        if event.operation and event.operation.verb != Verb.NOTE:
            marked_at = event.at
        yield replace(event, number=number)


def _has_mark(event: Event) -> bool:
    """The rest says nothing of the lines: of gaps and of the due date the chart itself tells."""
    operation = event.operation
    if operation is None:
        return event.change is not None
    if operation.verb == Verb.NOTE:
        return sets_due_date(operation.parameters)
    return operation.verb != Verb.CREATE  # a create is the beginning of the chart
