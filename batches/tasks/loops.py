"""The threads of the worker that look every few seconds for what is due."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps

from django.db import Error
from django.utils import timezone
from huey.contrib.djhuey import close_db, on_startup

from batches.services.background import budget
from batches.services.background.threads import KeyThreads
from batches.services.bulks import work as bulks
from batches.services.callbacks import readings
from batches.services.estimates import compute
from batches.services.notices import spread
from batches.services.notices.sending import send
from batches.services.operations.queues import due_keys, settle_key
from batches.services.vendor.calls import (
    BULKS_AT_ONCE,
    CALLED_AT_ONCE,
    SETTLED_AT_ONCE,
    WATCHED_AT_ONCE,
)
from batches.services.walks import read_pages
from batches.services.watcher import watch

log = logging.getLogger(__name__)

LOOP_SECONDS = 2  # a lost answer is first checked after so long
# While threads are busy: the next key gets one as soon as it is free.
BUSY_LOOP_SECONDS = 0.5
ESTIMATE_LOOP_SECONDS = 5  # after so long another total or status is noticed
# Keys whose operations are settled side by side; each takes one of the writers.
settle_threads = KeyThreads(SETTLED_AT_ONCE, "settle")
bulk_threads = KeyThreads(BULKS_AT_ONCE, "bulk")
watch_threads = KeyThreads(WATCHED_AT_ONCE, "watch")
called_threads = KeyThreads(CALLED_AT_ONCE, "called")
# Mail and channels side by side: one that does not answer holds up no other.
tell_threads = KeyThreads(4, "tell")
_has_loops = threading.Lock()


def _log_database_errors(what: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """One look for what is due. A database that does not answer is logged; the loop goes on.

    what: that the database could not be asked for.
    """

    def wrap(look: Callable[[], None]) -> Callable[[], None]:
        @close_db  # type: ignore[untyped-decorator]  # huey ships no types
        @wraps(look)
        def once() -> None:
            try:
                look()
            except Error:
                log.exception("the database could not be asked for %s", what)

        return once  # type: ignore[no-any-return]

    return wrap


def _one_at_a_time(look: Callable[[], None]) -> Callable[[], None]:
    """Nothing where this process is doing that already."""
    is_running = threading.Lock()

    @wraps(look)
    def once() -> None:
        if is_running.acquire(blocking=False):
            try:
                look()
            finally:
                is_running.release()

    return once


@_log_database_errors("what is due")
def settle_once() -> None:
    """One query where nothing is due."""
    start_settling()
    budget.flush_counted_calls()


def start_settling() -> None:
    """Start a run for each key with something due, as far as there are threads."""
    for key in due_keys(now=timezone.now()):
        settle_threads.start(key, partial(settle_key, fingerprint=key))


@_log_database_errors("bulks")
def bulk_once() -> None:
    """Start a run for each key with a bulk that has a step due. One query where none has."""
    worker = threading.main_thread()
    for key in bulks.due_keys(now=timezone.now()):
        # a worker that is to stop finishes the present row; a pause ends with it
        run = partial(bulks.run_key, goes_on=worker.is_alive, pause=worker.join)
        bulk_threads.start(key, partial(run, fingerprint=key))


@_one_at_a_time
@_log_database_errors("lists to read")
def walk_once() -> None:
    """Read every list that is due a little further."""
    # a worker that is to stop finishes the present call, and makes no other
    read_pages.walk_due_keys(now=timezone.now(), goes_on=threading.main_thread().is_alive)


@_log_database_errors("keys to watch")
def watch_once() -> None:
    """Start a run for each watched key with a call that is due, as far as there are threads."""
    goes_on = threading.main_thread().is_alive
    for key in watch.due_keys(now=timezone.now()):
        watch_threads.start(key, partial(watch.watch_key, fingerprint=key, goes_on=goes_on))


@_log_database_errors("batches to read")
def read_called_once() -> None:
    """Start a run for each key with a batch that Refonte called about. One query where none is."""
    goes_on = threading.main_thread().is_alive
    for key in readings.due_keys(now=timezone.now()):
        called_threads.start(key, partial(readings.read_called, fingerprint=key, goes_on=goes_on))


@_one_at_a_time
@_log_database_errors("what to estimate")
def estimate_once() -> None:
    """Compute every estimate that is due."""
    # a worker that is to stop finishes the present step, of less than a second
    compute.estimate_due(now=timezone.now(), goes_on=threading.main_thread().is_alive)


@_log_database_errors("what to tell")
def tell_once() -> None:
    """Make deliveries of what happened, and start a run for each way with one that is due."""
    goes_on = threading.main_thread().is_alive
    spread.spread_due(goes_on=goes_on)
    for way in send.due_ways(now=timezone.now()):
        tell_threads.start(way, partial(send.send_way, way=way, goes_on=goes_on))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """once: one round. threads: that it starts; while they are busy it looks sooner."""

    name: str
    once: Callable[[], None]
    threads: KeyThreads | None = None
    seconds: float = LOOP_SECONDS

    def run(self) -> None:
        """Until the worker stops; what was started before is finished."""
        worker = threading.main_thread()
        while worker.is_alive():
            self.once()
            is_busy = self.threads is not None and self.threads.is_busy
            worker.join(BUSY_LOOP_SECONDS if is_busy else self.seconds)


# Each has a thread of its own: no row of a bulk and no list keeps an operation of a person waiting.
LOOPS = (
    Loop(name="settle", once=settle_once, threads=settle_threads),
    Loop(name="bulks", once=bulk_once, threads=bulk_threads),
    Loop(name="walks", once=walk_once),
    Loop(name="watches", once=watch_once, threads=watch_threads),
    Loop(name="called", once=read_called_once, threads=called_threads),
    # one thread for all keys, as it waits for nothing but the processor
    Loop(name="estimates", once=estimate_once, seconds=ESTIMATE_LOOP_SECONDS),
    Loop(name="tells", once=tell_once, threads=tell_threads),
)


@on_startup()  # type: ignore[untyped-decorator]  # huey ships no types
def start_loops() -> None:
    # each of the consumer's threads calls this; one loop of each kind a process is enough
    if _has_loops.acquire(blocking=False):
        for loop in LOOPS:
            threading.Thread(target=loop.run, name=loop.name).start()
