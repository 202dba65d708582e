"""How often a page looks again: faster near completion, slower far from it, never when done."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, Outcome
from batches.services.batches.progress import Progress
from batches.services.readings.reading import Reading

NEAR, MIDWAY, FAR, QUIET = 5, 10, 15, 30
REFUSED = 30  # with a refused key: until it is accepted again, such a poll costs no call
UNREAD = 2  # while rows on screen have never been read
LONGEST = 60
SETTLED = frozenset({COMPLETED, CANCELLED, "canceled"})


def of_batch(progress: Progress) -> int | None:
    """Seconds between polls of one batch; None where nothing will change any more."""
    if progress.status in SETTLED:
        return None
    if progress.status != IN_PROGRESS:
        return FAR
    percent = progress.percent
    if percent is None or percent < 50:
        return FAR if percent is not None else MIDWAY
    return NEAR if percent >= 90 else MIDWAY


def of_list(statuses: Iterable[str | None]) -> int:
    """Seconds between polls of a list.

    Where every batch on it is over, its rows stand still. It is not left alone, as the page of one
    batch is: new ones may come above it, and how many waits to be said is counted once a minute.
    """
    statuses = tuple(statuses)
    if not statuses:
        return QUIET
    return LONGEST if all(status in SETTLED for status in statuses) else MIDWAY


def after(reading: Reading[Any], pace: int | None, now: datetime) -> int | None:
    """The same, but not before a failed reading may be tried again, and within a minute.

    Never more often than while all was well. With a refused key the page only looks whether that
    has ended. Where nothing was ever read there is no such pace: somebody waits for the first
    answer.
    """
    if reading.failure is None:
        return pace
    if reading.failure.outcome == Outcome.KEY_REFUSED:
        return REFUSED
    if reading.next_try is None:
        return LONGEST
    wait = math.ceil((reading.next_try - now).total_seconds())
    usual = pace if pace and reading.as_of else NEAR
    return min(LONGEST, max(NEAR, usual, wait))
