"""What Huey starts every minute, every hour and every night.

The jobs of each minute are those of the loops, for where a thread of theirs has died.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task

from batches.services.attention.prune import prune as prune_alarms
from batches.services.background import budget
from batches.services.bulks.prune import prune as prune_bulks
from batches.services.estimates import past
from batches.services.notices import digests, spread
from batches.services.observations.thinning import thin_samples
from batches.services.people import locks
from batches.services.readings import stored
from batches.services.seals import checks
from batches.services.selections.store import prune as prune_selections
from batches.services.watcher import gaps
from batches.tasks import loops

THIN_PAUSE = 0.02  # seconds between two steps; each takes some 10 ms


def _at(*, minute: str, hour: str = "*") -> Callable[[Callable[[], None]], Any]:
    """As in a crontab, in UTC."""
    return db_periodic_task(crontab(minute=minute, hour=hour))  # type: ignore[no-any-return]  # huey ships no types


@_at(minute="*")
def settle_operations() -> None:
    """Settle operations that wait, are unanswered, or were left by a killed process.

    Its loop does it sooner; this does it where that thread has died.
    """
    loops.start_settling()
    loops.settle_threads.wait()


@_at(minute="*")
def run_bulks() -> None:
    """Plan and send what bulks have left, where its thread has died."""
    loops.bulk_once()


@_at(minute="*")
def walk_lists() -> None:
    """Read the lists of watched keys further, where its thread has died."""
    loops.walk_once()


@_at(minute="*")
def watch_batches() -> None:
    """Read the open batches of watched keys, where its thread has died."""
    loops.watch_once()


@_at(minute="*")
def read_called_batches() -> None:
    """Read batches that Refonte called about, where its thread has died."""
    loops.read_called_once()


@_at(minute="*")
def estimate_batches() -> None:
    """Estimate when open batches will be done, where its thread has died."""
    loops.estimate_once()


@_at(minute="*")
def tell_people() -> None:
    """Make the digests that are due; all else where its thread has died."""
    digests.make_digests(now=timezone.now())
    loops.tell_once()


@_at(minute="17")
def prune_readings() -> None:
    """Delete readings too old to be shown, call counts of past hours, old selections and plans."""
    stored.prune(now=timezone.now())
    budget.prune(now=timezone.now())
    prune_selections(now=timezone.now())
    prune_bulks(now=timezone.now())


@_at(minute="27")
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


@_at(minute="*/10")
def forget_failures() -> None:
    """Delete failed sign-ins that lock nobody out any more, where no later one has done it."""
    locks.forget_old_failures(now=timezone.now())


@_at(minute="0")
def check_record() -> None:
    """Check every settled operation against its seal; what is found goes to the log."""
    checks.check_hourly(now=timezone.now(), goes_on=_goes_on_after_a_pause)


@_at(minute="47", hour="3")
def clear_sessions() -> None:
    """Delete sessions that have ended, which Django does not do by itself."""
    call_command("clearsessions")
