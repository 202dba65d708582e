"""The timeline of a batch: what was seen to change, and what was sent from here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from batches.models import Operation, StatusChange, Verb

EVENTS_SHOWN = 50  # of each kind
# A change of status so soon after an operation is what the operation did: one mark for both.
FOLLOWS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the timeline: a status change, or an operation of this dashboard.

    number: of its mark on the chart, oldest first; None where it has none.
    """

    at: datetime
    change: StatusChange | None = None
    operation: Operation | None = None
    number: int | None = None


def events_of(
    *, changes: Iterable[StatusChange], operations: Iterable[Operation]
) -> tuple[Event, ...]:
    """The timeline, newest first."""
    events = [Event(at=change.at, change=change) for change in changes]
    events += [Event(at=sent.created_at, operation=sent) for sent in operations]
    events.sort(key=lambda event: event.at)
    return tuple(_numbered(events))[::-1]


def _numbered(events: Iterable[Event]) -> Iterator[Event]:
    number, marked_at = 0, None
    for event in events:
        is_create = event.operation is not None and event.operation.verb == Verb.CREATE
        is_status = event.change is not None and not event.change.message
        follows = is_status and marked_at is not None and event.at - marked_at < FOLLOWS
        if is_create or follows:  # a create is the beginning of the chart
            yield event
            continue
        number += 1
        if event.operation:
            marked_at = event.at
        yield replace(event, number=number)
