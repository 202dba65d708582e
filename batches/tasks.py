"""Background work. Huey only wakes it: every job finds its work in the database, under a lease.

So it is harmless that a task killed in mid-run is gone, and that two consumers tick twice.
"""

import logging
import threading
from functools import partial

from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import close_db, db_periodic_task, on_startup

from batches.services.background import budget
from batches.services.background.threads import KeyThreads
from batches.services.observations.thinning import thin_samples
from batches.services.operations.queues import due_keys, settle_key
from batches.services.people import locks
from batches.services.readings import stored
from batches.services.vendor.calls import WRITERS
from batches.services.walks import read_pages

log = logging.getLogger(__name__)

# The first look at a lost answer is due after two seconds; Huey's own clock knows only minutes.
PULSE_SECONDS = 2
# While lanes are under way: a key with more to settle, or a new one, takes the next free thread.
BUSY_PULSE_SECONDS = 0.5
# Keys whose operations are settled side by side; each needs one of the writers.
lanes = KeyThreads(min(4, WRITERS), "lane")
_has_pulse = threading.Lock()
_is_walking = threading.Lock()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def settle_operations() -> None:
    """Settle writes that are waiting, unanswered, or left by a killed process.

    The pulse does so sooner; this stands behind it, should it have died.
    """
    start_lanes()
    lanes.wait()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def walk_lists() -> None:
    """Read the lists of watched keys further; stands behind its pulse, as above."""
    walk()


@db_periodic_task(crontab(minute="17"))  # type: ignore[untyped-decorator]  # huey ships no types
def prune_readings() -> None:
    """Drop readings that nobody will be shown any more, and counts of minutes long past."""
    stored.prune(now=timezone.now())
    budget.prune(now=timezone.now())


@db_periodic_task(crontab(minute="27"))  # type: ignore[untyped-decorator]  # huey ships no types
def thin_observations() -> None:
    """Pack, thin and drop samples; what a killed worker left is done an hour later."""
    thin_samples(now=timezone.now(), goes_on=threading.main_thread().is_alive)


@db_periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]  # huey ships no types
def forget_failures() -> None:
    """Drop failed sign-ins that lock nobody out any more, where no later one has done it."""
    locks.forget_old_failures(now=timezone.now())


@db_periodic_task(crontab(minute="47", hour="3"))  # type: ignore[untyped-decorator]  # huey ships no types
def clear_sessions() -> None:
    """Drop sessions that have ended; Django leaves them lying."""
    call_command("clearsessions")


@on_startup()  # type: ignore[untyped-decorator]  # huey ships no types
def start_pulse() -> None:
    """Called by each of the consumer's threads; one of each pulse a process is enough.

    Lists have their own: no slow answer keeps an operation waiting to be settled.
    """
    if _has_pulse.acquire(blocking=False):
        threading.Thread(target=pulse, name="pulse").start()
        threading.Thread(target=walking_pulse, name="walks").start()


def pulse() -> None:
    """Beat until the worker stops, which lets a beat that has begun come to its end."""
    worker = threading.main_thread()
    while worker.is_alive():
        beat()
        worker.join(BUSY_PULSE_SECONDS if lanes.is_busy else PULSE_SECONDS)


def walking_pulse() -> None:
    """The same for lists."""
    worker = threading.main_thread()
    while worker.is_alive():
        walk()
        worker.join(PULSE_SECONDS)


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def beat() -> None:
    """One look for what is due: one query where nothing is."""
    try:
        start_lanes()
        budget.flush_counted_calls()
    except DatabaseError:
        log.exception("the database could not be asked for what is due")


def start_lanes() -> None:
    """A pass for each key that has something due, as far as there are threads for it."""
    for lane in due_keys(now=timezone.now()):
        lanes.start(lane, partial(settle_key, fingerprint=lane))


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def walk() -> None:
    """One turn for every list that is due, if none is under way in this process.

    A worker that is to stop waits for the call that it has begun, and for no other.
    """
    if not _is_walking.acquire(blocking=False):
        return
    try:
        goes_on = threading.main_thread().is_alive
        read_pages.walk_due_keys(now=timezone.now(), goes_on=goes_on)
    except DatabaseError:
        log.exception("the database could not be asked for lists to read")
    finally:
        _is_walking.release()
