"""How often a page polls: faster near completion, slower far from it, never when done."""

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
    # staging, paused or unknown: the vendor does not work on it, so counts hardly move
    if progress.status != IN_PROGRESS:
        return FAR
    percent = progress.percent
    if percent is None or percent < 50:
        # with an unknown per cent the batch may also be near its end
        return FAR if percent is not None else MIDWAY
    return NEAR if percent >= 90 else MIDWAY


def of_list(statuses: Iterable[str | None]) -> int:
    """Seconds between polls of a list."""
    statuses = tuple(statuses)
    if not statuses:
        return QUIET
    # where all are finished it still polls, unlike the page of one batch: new ones may come
    return LONGEST if all(status in SETTLED for status in statuses) else MIDWAY


def after(reading: Reading[Any], pace: int | None, now: datetime) -> int | None:
    """The pace after a reading that may have failed: not before the next try, within a minute."""
    if reading.failure is None:
        return pace
    if reading.failure.outcome == Outcome.KEY_REFUSED:
        return REFUSED
    if reading.next_try is None:
        return LONGEST
    wait = math.ceil((reading.next_try - now).total_seconds())
    # a failure never makes polls faster, except before the first answer, which a person waits for
    usual = pace if pace and reading.as_of else NEAR
    return min(LONGEST, max(NEAR, usual, wait))
