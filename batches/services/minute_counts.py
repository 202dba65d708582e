"""Counts what happens within a minute, over all processes: for limits of people and programs."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import BaseCache, caches

from batches.services.cache.redis_access import AWAY, ask_redis

MINUTE = 60


@dataclass(frozen=True, slots=True)
class MinuteCount:
    """number: how many in this minute, this one included. seconds: to its end, at least 1."""

    number: int
    seconds: int


def count_in_minute(name: str, *, now: datetime) -> MinuteCount:
    """Count one more under a name. The minute is that of the clock, for all alike."""
    second = int(now.timestamp())
    kept = f"{name}:{second // MINUTE}"
    counted = ask_redis(lambda: _count_in(caches["default"], kept))
    # while Redis does not answer each process counts by itself
    number = _count_in(caches["process"], kept) if counted is AWAY else int(counted)
    return MinuteCount(number, MINUTE - second % MINUTE)


def _count_in(cache: BaseCache, name: str) -> int:
    cache.add(name, 0, timeout=2 * MINUTE)
    try:
        return cache.incr(name)
    except ValueError:  # it was evicted between the two
        return 1
