"""Background work. Every job finds what is due in the database, and does it under a lease.

So nothing is lost when a worker is killed, and two workers do nothing twice. Huey starts the jobs
every minute; two threads start the most urgent ones every two seconds, which Huey cannot.
"""

import logging
import threading
import time
from functools import partial

from django.core.management import call_command
from django.db import Error
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import close_db, db_periodic_task, on_startup

from batches.services.attention.prune import prune as prune_alarms
from batches.services.background import budget
from batches.services.background.threads import KeyThreads
from batches.services.bulks import work as bulks
from batches.services.bulks.prune import prune as prune_bulks
from batches.services.callbacks import readings
from batches.services.estimates import compute, past
from batches.services.notices import digests, spread
from batches.services.notices.sending import send
from batches.services.observations.thinning import thin_samples
from batches.services.operations.queues import due_keys, settle_key
from batches.services.people import locks
from batches.services.readings import stored
from batches.services.seals import checks
from batches.services.selections.store import prune as prune_selections
from batches.services.vendor.calls import (
    BULKS_AT_ONCE,
    CALLED_AT_ONCE,
    SETTLED_AT_ONCE,
    WATCHED_AT_ONCE,
)
from batches.services.walks import read_pages
from batches.services.watcher import gaps, watch

log = logging.getLogger(__name__)

LOOP_SECONDS = 2  # a lost answer is first checked after so long
# While operations are settled: the next key gets a thread as soon as one is free.
BUSY_LOOP_SECONDS = 0.5
THIN_PAUSE = 0.02  # seconds between two steps; each takes some 10 ms
ESTIMATE_LOOP_SECONDS = 5  # after so long another total or status is noticed
# Keys whose operations are settled side by side; each takes one of the writers.
settle_threads = KeyThreads(SETTLED_AT_ONCE, "settle")
bulk_threads = KeyThreads(BULKS_AT_ONCE, "bulk")
watch_threads = KeyThreads(WATCHED_AT_ONCE, "watch")
called_threads = KeyThreads(CALLED_AT_ONCE, "called")
# Mail and channels side by side: one that does not answer holds up no other.
tell_threads = KeyThreads(4, "tell")
_has_loops = threading.Lock()
_is_walking = threading.Lock()
_is_estimating = threading.Lock()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def settle_operations() -> None:
    """Settle operations that wait, are unanswered, or were left by a killed process.

    `settle_loop` does it sooner; this does it where that thread has died.
    """
    start_settling()
    settle_threads.wait()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def run_bulks() -> None:
    """Plan and send what bulks have left, where `bulk_loop` has died."""
    bulk_once()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def walk_lists() -> None:
    """Read the lists of watched keys further, where `walk_loop` has died."""
    walk_once()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def watch_batches() -> None:
    """Read the open batches of watched keys, where `watch_loop` has died."""
    watch_once()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def read_called_batches() -> None:
    """Read batches that Refonte called about, where `called_loop` has died."""
    read_called_once()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def estimate_batches() -> None:
    """Estimate when open batches will be done, where `estimate_loop` has died."""
    estimate_once()


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def tell_people() -> None:
    """Make the digests that are due; the rest where `tell_loop` has died."""
    digests.make_digests(now=timezone.now())
    tell_once()


@db_periodic_task(crontab(minute="17"))  # type: ignore[untyped-decorator]  # huey ships no types
def prune_readings() -> None:
    """Delete readings too old to be shown, call counts of past hours, old selections and plans."""
    stored.prune(now=timezone.now())
    budget.prune(now=timezone.now())
    prune_selections(now=timezone.now())
    prune_bulks(now=timezone.now())


@db_periodic_task(crontab(minute="27"))  # type: ignore[untyped-decorator]  # huey ships no types
def thin_observations() -> None:
    """Pack, thin and drop samples; what a killed worker left is done an hour later."""
    thin_samples(now=timezone.now(), goes_on=_goes_on_after_a_pause)
    gaps.prune(now=timezone.now())
    past.prune(now=timezone.now())
    prune_alarms(now=timezone.now())
    spread.prune(now=timezone.now())


def _goes_on_after_a_pause() -> bool:
    # SQLite has no queue for its only writer: who waits asks again after 1 to 100 ms, and is never
    # lucky where one short transaction follows the other
    time.sleep(THIN_PAUSE)
    return threading.main_thread().is_alive()


@db_periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]  # huey ships no types
def forget_failures() -> None:
    """Delete failed sign-ins that lock nobody out any more, where no later one has done it."""
    locks.forget_old_failures(now=timezone.now())


@db_periodic_task(crontab(minute="0"))  # type: ignore[untyped-decorator]  # huey ships no types
def check_record() -> None:
    """Check every settled operation against its seal; what is found goes to the log."""
    checks.check_hourly(now=timezone.now(), goes_on=_goes_on_after_a_pause)


@db_periodic_task(crontab(minute="47", hour="3"))  # type: ignore[untyped-decorator]  # huey ships no types
def clear_sessions() -> None:
    """Delete sessions that have ended, which Django does not do by itself."""
    call_command("clearsessions")


@on_startup()  # type: ignore[untyped-decorator]  # huey ships no types
def start_loops() -> None:
    # each of the consumer's threads calls this; one loop of each kind a process is enough
    if _has_loops.acquire(blocking=False):
        threading.Thread(target=settle_loop, name="settle").start()
        # of its own: no row of a bulk keeps an operation of a person waiting
        threading.Thread(target=bulk_loop, name="bulks").start()
        # of its own: while a list is read, no operation waits to be settled
        threading.Thread(target=walk_loop, name="walks").start()
        threading.Thread(target=watch_loop, name="watches").start()
        threading.Thread(target=called_loop, name="called").start()
        # one thread for all keys, as it waits for nothing but the processor
        threading.Thread(target=estimate_loop, name="estimates").start()
        threading.Thread(target=tell_loop, name="tells").start()


def settle_loop() -> None:
    """Until the worker stops; what was started before is finished."""
    worker = threading.main_thread()
    while worker.is_alive():
        settle_once()
        worker.join(BUSY_LOOP_SECONDS if settle_threads.is_busy else LOOP_SECONDS)


def bulk_loop() -> None:
    worker = threading.main_thread()
    while worker.is_alive():
        bulk_once()
        worker.join(BUSY_LOOP_SECONDS if bulk_threads.is_busy else LOOP_SECONDS)


def walk_loop() -> None:
    worker = threading.main_thread()
    while worker.is_alive():
        walk_once()
        worker.join(LOOP_SECONDS)


def watch_loop() -> None:
    worker = threading.main_thread()
    while worker.is_alive():
        watch_once()
        worker.join(BUSY_LOOP_SECONDS if watch_threads.is_busy else LOOP_SECONDS)


def called_loop() -> None:
    worker = threading.main_thread()
    while worker.is_alive():
        read_called_once()
        worker.join(BUSY_LOOP_SECONDS if called_threads.is_busy else LOOP_SECONDS)


def estimate_loop() -> None:
    worker = threading.main_thread()
    while worker.is_alive():
        estimate_once()
        worker.join(ESTIMATE_LOOP_SECONDS)


def tell_loop() -> None:
    worker = threading.main_thread()
    while worker.is_alive():
        tell_once()
        worker.join(BUSY_LOOP_SECONDS if tell_threads.is_busy else LOOP_SECONDS)


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def settle_once() -> None:
    """One query where nothing is due."""
    try:
        start_settling()
        budget.flush_counted_calls()
    except Error:
        log.exception("the database could not be asked for what is due")


def start_settling() -> None:
    """Start a run for each key with something due, as far as there are threads."""
    for key in due_keys(now=timezone.now()):
        settle_threads.start(key, partial(settle_key, fingerprint=key))


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def bulk_once() -> None:
    """Start a run for each key with a bulk that has a step due. One query where none has."""
    worker = threading.main_thread()
    try:
        for key in bulks.due_keys(now=timezone.now()):
            # a worker that is to stop finishes the present row; a pause ends with it
            run = partial(bulks.run_key, goes_on=worker.is_alive, pause=worker.join)
            bulk_threads.start(key, partial(run, fingerprint=key))
    except Error:
        log.exception("the database could not be asked for bulks")


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def walk_once() -> None:
    """Read every list that is due a little further, unless this process is doing that already."""
    if not _is_walking.acquire(blocking=False):
        return
    try:
        # a worker that is to stop finishes the present call, and makes no other
        goes_on = threading.main_thread().is_alive
        read_pages.walk_due_keys(now=timezone.now(), goes_on=goes_on)
    except Error:
        log.exception("the database could not be asked for lists to read")
    finally:
        _is_walking.release()


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def watch_once() -> None:
    """Start a run for each watched key with a call that is due, as far as there are threads."""
    goes_on = threading.main_thread().is_alive
    try:
        for key in watch.due_keys(now=timezone.now()):
            watch_threads.start(key, partial(watch.watch_key, fingerprint=key, goes_on=goes_on))
    except Error:
        log.exception("the database could not be asked for keys to watch")


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def read_called_once() -> None:
    """Start a run for each key with a batch that Refonte called about. One query where none is."""
    goes_on = threading.main_thread().is_alive
    try:
        for key in readings.due_keys(now=timezone.now()):
            run = partial(readings.read_called, fingerprint=key, goes_on=goes_on)
            called_threads.start(key, run)
    except Error:
        log.exception("the database could not be asked for batches to read")


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def estimate_once() -> None:
    """Compute every estimate that is due, unless this process is doing that already."""
    if not _is_estimating.acquire(blocking=False):
        return
    try:
        # a worker that is to stop finishes the present step, of less than a second
        compute.estimate_due(now=timezone.now(), goes_on=threading.main_thread().is_alive)
    except Error:
        log.exception("the database could not be asked for what to estimate")
    finally:
        _is_estimating.release()


@close_db  # type: ignore[untyped-decorator]  # huey ships no types
def tell_once() -> None:
    """Make deliveries of what happened, and start a run for each way with one that is due."""
    goes_on = threading.main_thread().is_alive
    try:
        spread.spread_due(goes_on=goes_on)
        for way in send.due_ways(now=timezone.now()):
            tell_threads.start(way, partial(send.send_way, way=way, goes_on=goes_on))
    except Error:
        log.exception("the database could not be asked for what is to be told")
