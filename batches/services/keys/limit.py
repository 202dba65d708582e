"""How often a person may have keys tried with the vendor: whoever has an account could else guess
keys by this console, or have the vendor block it.
"""

import logging
import time

from django.contrib.auth.models import User
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

CHECKS_A_MINUTE = 30
MINUTE = 60


class TooManyChecks(Exception):  # noqa: N818 - it says what is so
    """Refused before the vendor was asked. `words` are for people; retry_after: whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        self.words = (
            f"You had {CHECKS_A_MINUTE} keys tried in this minute, the most there may be. "
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
    """Without the cache nobody is kept from a key that is needed: the vendor has limits, too."""
    try:
        cache.add(name, 0, timeout=2 * MINUTE)
        return cache.incr(name)
    except (RedisError, ValueError):  # ValueError: it went between the two
        log.warning("tries of keys are not counted: the cache does not answer")
        return 0
