"""How many calls a minute the background may make with one key: what people leave of the limit.

A row a key and minute, shared by all processes. People's calls are counted, but never delayed.
"""

import logging
import threading
import time
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.db.models import F, Q, Value
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from batches.models import Bulk, BulkState, CallMinute, CallUse
from batches.refonte import KeyRefused, RefonteError, Throttled

log = logging.getLogger(__name__)

MIN_CALLS_A_MINUTE = 6  # for the background, however many calls people make
# So many calls a use leaves to the others: one that could use any number would stop them all.
LEFT_TO_OTHERS = {CallUse.WATCHER: 3, CallUse.BULK: 3}
LEFT_BY_BULKS = (CallUse.WATCHER, CallUse.WALK)  # what they share while a bulk has rows left
FLUSH_SECONDS = 5
KEPT = timedelta(hours=1)
# Calls are compared with the limit of their own minute alone, so older counts are not needed.
FLUSHED_FOR = timedelta(minutes=2)

_lock = threading.Lock()
# By key, minute and column of `CallMinute`.
_counted: Counter[tuple[str, datetime, str]] = Counter()
_has_thread = threading.Lock()


def reserve_call(*, fingerprint: str, use: CallUse) -> bool:
    """Whether the background may make one call now; if so, counts it. At most four statements."""
    return reserve_calls(fingerprint=fingerprint, use=use, calls=1) is not None


def reserve_calls(*, fingerprint: str, use: CallUse, calls: int) -> datetime | None:
    """The minute in which so many calls are counted by now; None where they are not left."""
    minute = minute_of(timezone.now())
    left = _left_to(fingerprint, use, calls)
    # counted before the calls are made: counted after them, two processes could take the last one
    if _count_background_calls(fingerprint, minute, use, calls, left):
        return minute
    _ensure_row(fingerprint, minute)
    return minute if _count_background_calls(fingerprint, minute, use, calls, left) else None


def _count_background_calls(
    fingerprint: str, minute: datetime, use: CallUse, calls: int, left: Q
) -> bool:
    # one statement, so that of two processes which want the last call only one gets it
    rows = CallMinute.objects.filter(left, fingerprint=fingerprint, minute=minute)
    more = {"background": F("background") + calls, use.value: F(use.value) + calls}
    return bool(rows.update(**more))


def give_back(*, fingerprint: str, use: CallUse, minute: datetime, calls: int) -> None:
    """Calls that were reserved in that minute and not made."""
    if calls > 0:
        rows = CallMinute.objects.filter(fingerprint=fingerprint, minute=minute)
        rows.update(background=F("background") - calls, **{use.value: F(use.value) - calls})


def count_calls(*, fingerprint: str, use: CallUse, calls: int) -> datetime:
    """Count background calls that are made in any case; the minute in which they are counted."""
    minute = minute_of(timezone.now())
    _ensure_row(fingerprint, minute)
    rows = CallMinute.objects.filter(fingerprint=fingerprint, minute=minute)
    rows.update(background=F("background") + calls, **{use.value: F(use.value) + calls})
    return minute


def _left_to(fingerprint: str, use: CallUse, calls: int) -> Q:
    """Of rows of which a use may take so many calls more."""
    left = _within(F("background"), calls)
    if use == CallUse.BULK:
        # by its own calls: what is left to the others is theirs, whoever comes first in a minute
        return left & _within(F("bulk"), calls + LEFT_TO_OTHERS[use])
    if use in LEFT_BY_BULKS and _has_bulk_to_do(fingerprint):
        others = F("watcher") + F("walk")
        return left & Q(LessThanOrEqual(others, Value(LEFT_TO_OTHERS[CallUse.BULK] - calls)))
    return _within(F("background"), calls + LEFT_TO_OTHERS.get(use, 0))


def _within(used: F, calls: int) -> Q:
    """Whether so many more are within what people leave."""
    people = settings.BACKGROUND_CALLS_A_MINUTE - calls - F("people")
    at_least = Value(MIN_CALLS_A_MINUTE - calls)
    return Q(LessThanOrEqual(used, at_least)) | Q(LessThanOrEqual(used, people))


def _has_bulk_to_do(fingerprint: str) -> bool:
    """A bulk goes before what is only read: as long as one has rows left, it has the most."""
    rows = Bulk.objects.filter(fingerprint=fingerprint, state__in=BulkState.working_states())
    return rows.filter(next_at__isnull=False).exists()


def count_call(*, fingerprint: str) -> None:
    """A call for a person."""
    _count(fingerprint, "people")


def count_refusal(*, fingerprint: str, error: RefonteError) -> None:
    """An answer of 429, or one that refuses the key; any other error is not counted."""
    if isinstance(error, Throttled):
        _count(fingerprint, "throttled")
    elif isinstance(error, KeyRefused):
        _count(fingerprint, "refused")


def _count(fingerprint: str, column: str) -> None:
    # in memory: it is called in threads without a database connection
    with _lock:
        _counted[fingerprint, minute_of(timezone.now()), column] += 1


def flush_counted_calls() -> None:
    """Add what this process counted to the rows. What fails is added the next time."""
    with _lock:
        counted = dict(_counted)
        _counted.clear()
    oldest = minute_of(timezone.now() - FLUSHED_FOR)
    for (fingerprint, minute, column), calls in counted.items():
        try:
            if minute >= oldest:
                _add(fingerprint, minute, column, calls)
        except DatabaseError:
            log.warning("people's calls could not be added to the budget")
            with _lock:
                _counted[fingerprint, minute, column] += calls


def _add(fingerprint: str, minute: datetime, column: str, calls: int) -> None:
    _ensure_row(fingerprint, minute)
    rows = CallMinute.objects.filter(fingerprint=fingerprint, minute=minute)
    rows.update(**{column: F(column) + calls})


def _ensure_row(fingerprint: str, minute: datetime) -> None:
    row = CallMinute(fingerprint=fingerprint, minute=minute)
    # another process may insert the same row at this moment
    CallMinute.objects.bulk_create([row], ignore_conflicts=True)


def start_flushing() -> None:
    """Flush in a thread of its own, in a process that serves people. Once a process."""
    if _has_thread.acquire(blocking=False):
        threading.Thread(target=_flush_forever, name="budget", daemon=True).start()


def _flush_forever() -> None:
    while True:
        time.sleep(FLUSH_SECONDS)
        # no request ends in this thread, so Django closes no broken connection here
        close_old_connections()
        flush_counted_calls()


def prune(*, now: datetime) -> None:
    CallMinute.objects.filter(minute__lt=now - KEPT).delete()


def forget() -> None:
    """Between tests."""
    with _lock:
        _counted.clear()


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
