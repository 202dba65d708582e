"""How many calls a minute the background may make with one key: what people leave of the limit.

One database row a key fingerprint and minute, shared by all processes. A background call takes its
place there before it is sent. People's calls are counted in memory, added every few seconds, and
never held back.
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

from batches.models import CallMinute

log = logging.getLogger(__name__)

MIN_CALLS_A_MINUTE = 6  # calls a minute that the background has however much people ask
FLUSH_SECONDS = 5  # seconds
KEPT = timedelta(hours=1)
FLUSHED_FOR = timedelta(minutes=2)  # older counts change nothing any more

_lock = threading.Lock()
_counted: Counter[tuple[str, datetime]] = Counter()
_has_thread = threading.Lock()


def reserve_call(*, fingerprint: str) -> bool:
    """Whether the background may send one call now; if so it is counted. One or two statements."""
    minute = _minute(timezone.now())
    if _take(fingerprint, minute):
        return True
    fresh = CallMinute(fingerprint=fingerprint, minute=minute)
    CallMinute.objects.bulk_create([fresh], ignore_conflicts=True)
    return _take(fingerprint, minute)


def _take(fingerprint: str, minute: datetime) -> bool:
    """One statement, so that of two processes which want the last place one gets it."""
    left = Q(background__lt=MIN_CALLS_A_MINUTE)
    left |= Q(background__lt=settings.BACKGROUND_CALLS_A_MINUTE - F("people"))
    rows = CallMinute.objects.filter(left, fingerprint=fingerprint, minute=minute)
    return bool(rows.update(background=F("background") + 1))


def count_call(*, fingerprint: str) -> None:
    """A call for a person. In memory: it runs in threads that touch no database."""
    with _lock:
        _counted[fingerprint, _minute(timezone.now())] += 1


def flush_counted_calls() -> None:
    """Add what this process counted since the last time. A database that fails keeps it waiting."""
    with _lock:
        counted = dict(_counted)
        _counted.clear()
    oldest = _minute(timezone.now() - FLUSHED_FOR)
    for place, calls in counted.items():
        try:
            if place[1] >= oldest:
                _add(*place, calls)
        except DatabaseError:
            log.warning("people's calls could not be added to the budget")
            with _lock:
                _counted[place] += calls


def _add(fingerprint: str, minute: datetime, calls: int) -> None:
    rows = CallMinute.objects.filter(fingerprint=fingerprint, minute=minute)
    fresh = CallMinute(fingerprint=fingerprint, minute=minute)
    CallMinute.objects.bulk_create([fresh], ignore_conflicts=True)
    rows.update(people=F("people") + calls)


def start_flushing() -> None:
    """For a process that serves people: a thread of its own adds what the others count."""
    if _has_thread.acquire(blocking=False):
        threading.Thread(target=_flush_forever, name="budget", daemon=True).start()


def _flush_forever() -> None:
    while True:
        time.sleep(FLUSH_SECONDS)
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
