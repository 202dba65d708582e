"""How often a person may have keys tried with the vendor: whoever has an account could else guess
keys by this console, or have the vendor block it.
"""

import time

from django.contrib.auth.models import User
from django.core.cache import BaseCache, caches

from batches.services.cache.redis_access import AWAY, ask_redis

CHECKS_A_MINUTE = 30
MINUTE = 60


class TooManyChecks(Exception):  # noqa: N818 - it says what is so
    """Refused before the vendor was asked. `words` are for people; retry_after: whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        self.words = (
            f"You had {CHECKS_A_MINUTE} keys checked in this minute, which is the limit. "
            f"Refonte was not asked now; try again in {retry_after} s."
        )
        self.retry_after = retry_after
        super().__init__(self.words)


def count_check(*, user: User) -> None:
    """Before each question to the vendor about a key. Raises TooManyChecks."""
    now = int(time.time())
    if _count(f"key-checks:{user.pk}:{now // MINUTE}") > CHECKS_A_MINUTE:
        raise TooManyChecks(retry_after=MINUTE - now % MINUTE)


def _count(name: str) -> int:
    """Where Redis is away each process counts for itself."""
    counted = ask_redis(lambda: _count_in(caches["default"], name))
    return _count_in(caches["process"], name) if counted is AWAY else int(counted)


def _count_in(cache: BaseCache, name: str) -> int:
    cache.add(name, 0, timeout=2 * MINUTE)
    try:
        return cache.incr(name)
    except ValueError:  # it went between the two: a new minute has begun
        return 1
