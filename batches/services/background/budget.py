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
from django.db.models import F, Q
from django.utils import timezone

from batches.models import CallMinute, CallUse
from batches.refonte import KeyRefused, RefonteError, Throttled

log = logging.getLogger(__name__)

MIN_CALLS_A_MINUTE = 6  # for the background, however many calls people make
# So many calls a use leaves to the others: one that could use any number would stop them all.
LEFT_TO_OTHERS = {CallUse.WATCHER: 3}
FLUSH_SECONDS = 5
KEPT = timedelta(hours=1)
# Calls are compared with the limit of their own minute alone, so older counts are not needed.
FLUSHED_FOR = timedelta(minutes=2)

_lock = threading.Lock()
# By key, minute and column of `CallMinute`.
_counted: Counter[tuple[str, datetime, str]] = Counter()
_has_thread = threading.Lock()


def reserve_call(*, fingerprint: str, use: CallUse) -> bool:
    """Whether the background may make one call now; if so, counts it. One or three statements."""
    minute = _minute(timezone.now())
    # counted before the call is made: counted after it, two processes could take the last one
    if _count_background_call(fingerprint, minute, use):
        return True
    _ensure_row(fingerprint, minute)
    return _count_background_call(fingerprint, minute, use)


def _count_background_call(fingerprint: str, minute: datetime, use: CallUse) -> bool:
    # one statement, so that of two processes which want the last call only one gets it
    spared = LEFT_TO_OTHERS.get(use, 0)
    left = Q(background__lt=MIN_CALLS_A_MINUTE - spared)
    left |= Q(background__lt=settings.BACKGROUND_CALLS_A_MINUTE - spared - F("people"))
    rows = CallMinute.objects.filter(left, fingerprint=fingerprint, minute=minute)
    return bool(rows.update(background=F("background") + 1, **{use.value: F(use.value) + 1}))


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
        _counted[fingerprint, _minute(timezone.now()), column] += 1


def flush_counted_calls() -> None:
    """Add what this process counted to the rows. What fails is added the next time."""
    with _lock:
        counted = dict(_counted)
        _counted.clear()
    oldest = _minute(timezone.now() - FLUSHED_FOR)
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


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
