"""How fast the rows of a bulk are sent: spread evenly over the minute, within the budget."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from batches.models import Bulk, BulkState, CallMinute, CallUse
from batches.services.background.budget import LEFT_TO_OTHERS, MIN_CALLS_A_MINUTE, minute_of
from batches.services.clock import is_ahead
from batches.services.operations.bulk_calls import CALLS_A_ROW

MINUTE = timedelta(minutes=1)
SLOWEST = 8  # times the usual pause between two rows
LONGEST_WAIT = timedelta(minutes=5)  # that Refonte may ask for
EASED_EVERY = timedelta(minutes=1)  # so long after a wait the pause is halved, and again


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """calls_a_row: where all goes well. seconds_a_row: from one row to the next, of this bulk.

    full_seconds_a_row: the same if Refonte had not asked to wait.
    """

    calls_a_row: int
    seconds_a_row: float
    full_seconds_a_row: float


def pace_of(bulk: Bulk, *, now: datetime) -> Pace:
    """Two queries."""
    calls = CALLS_A_ROW[bulk.verb]
    running = Bulk.objects.filter(fingerprint=bulk.fingerprint, state=BulkState.RUNNING)
    # several take turns, so each has its share
    sharing = max(1, running.exclude(pk=bulk.pk).count() + 1)
    full = sharing * MINUTE.total_seconds() / _rows_a_minute(bulk.fingerprint, calls, now)
    slowed = slowed_now(bulk, now=now)
    return Pace(calls_a_row=calls, seconds_a_row=full * slowed, full_seconds_a_row=full)


def slowed_now(bulk: Bulk, *, now: datetime) -> int:
    """How many times the usual pause is made just now: 1, 2, 4 or 8."""
    until = bulk.waited_until
    # a time too far ahead was written before the clock was set back
    if until is None or is_ahead(until, now=now, at_most=LONGEST_WAIT):
        return 1
    passed = max(timedelta(), now - until)
    return max(1, bulk.slowed >> min(SLOWEST, int(passed / EASED_EVERY)))


def next_row_at(bulk: Bulk, *, now: datetime) -> datetime:
    """From when the present row was due, so that the time it takes itself does not add up."""
    pause = timedelta(seconds=pace_of(bulk, now=now).seconds_a_row)
    began = bulk.next_at or now
    return max(now, min(began, now) + pause)


def _rows_a_minute(fingerprint: str, calls: int, now: datetime) -> float:
    last = minute_of(now) - MINUTE
    people = CallMinute.objects.filter(fingerprint=fingerprint, minute=last).values_list(
        "people", flat=True
    )
    limit = settings.BACKGROUND_CALLS_A_MINUTE - (people.first() or 0)
    return (max(limit, MIN_CALLS_A_MINUTE) - LEFT_TO_OTHERS[CallUse.BULK]) / calls
