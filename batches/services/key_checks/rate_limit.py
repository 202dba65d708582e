"""Limits how often a person may have keys checked with the vendor.

Otherwise anybody with an account could guess keys through this console, or get it blocked.
"""

import time

from django.contrib.auth.models import User
from django.core.cache import BaseCache, caches

from batches.services.cache.redis_access import AWAY, ask_redis

CHECKS_A_MINUTE = 30
MINUTE = 60


class TooManyChecks(Exception):  # noqa: N818 - it says what is so
    """Raised before the vendor is asked. retry_after: whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        self.message = (
            f"You had {CHECKS_A_MINUTE} keys checked in this minute, which is the limit. "
            f"Refonte was not asked now; try again in {retry_after} s."
        )
        self.retry_after = retry_after
        super().__init__(self.message)


def count_check(*, user: User) -> None:
    """To be called before each check. Raises TooManyChecks."""
    now = int(time.time())
    if _count(f"key-checks:{user.pk}:{now // MINUTE}") > CHECKS_A_MINUTE:
        raise TooManyChecks(retry_after=MINUTE - now % MINUTE)


def _count(name: str) -> int:
    counted = ask_redis(lambda: _count_in(caches["default"], name))
    # while Redis does not answer each process counts by itself
    return _count_in(caches["process"], name) if counted is AWAY else int(counted)


def _count_in(cache: BaseCache, name: str) -> int:
    cache.add(name, 0, timeout=2 * MINUTE)
    try:
        return cache.incr(name)
    except ValueError:  # it was evicted between the two
        return 1
