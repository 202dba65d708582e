"""The cache behind all reads: dogpile over bounded memory, or over Redis for several processes."""

import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cachetools import LRUCache
from django.conf import settings
from django.utils import timezone
from dogpile.cache import CacheRegion, make_region
from dogpile.cache.api import NO_VALUE

from batches.services.cache.entry import CacheEntry, dump, load
from batches.services.cache.locks import LocalCache
from batches.services.cache.redis_backend import SharedCache
from batches.services.cache.sizes import MEMORY_BYTES, bytes_of
from batches.services.clock import is_ahead

KEPT_IN_MEMORY = 2_000


class LockedLRU(LRUCache[str, Any]):
    """Bounded in entries and in bytes. cachetools leaves locking to its user; dogpile's memory
    calls just these three.
    """

    def __init__(self, entries: int) -> None:
        super().__init__(MEMORY_BYTES, getsizeof=bytes_of)
        self._entries, self._lock = entries, threading.RLock()

    def get(self, key: str, default: Any = None) -> Any:
        with self._lock:
            return super().get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        with self._lock:
            try:
                super().__setitem__(key, value)
            except ValueError:  # too large: what was there before is old by now
                self.pop(key)
            while len(self) > self._entries:
                self.popitem()

    def pop(self, key: str, default: Any = None) -> Any:
        with self._lock:
            return super().pop(key, default)


@cache
def region() -> CacheRegion:
    """Made once a process; tests make a new one with `region.cache_clear()`."""
    if not settings.REDIS_URL:
        memory = {"cache_dict": LockedLRU(KEPT_IN_MEMORY)}
        return make_region().configure("dogpile.cache.memory", arguments=memory, wrap=[LocalCache])
    arguments = {
        "url": settings.REDIS_URL,
        "distributed_lock": True,
        "thread_local_lock": False,
        # a killed holder's lock must not outlive what its call could have taken
        "lock_timeout": math.ceil(settings.REFONTE_TIMEOUT) + 2,
        "connection_kwargs": settings.REDIS_OPTIONS,
    }
    redis = make_region(key_mangler="console:{}".format, serializer=dump, deserializer=load)
    return redis.configure("dogpile.cache.redis", arguments=arguments, wrap=[SharedCache])


def held(fingerprint: str, query_id: str) -> CacheEntry | None:
    """The reading in the cache, however old; nothing from before the key was refused."""
    mark = f"{fingerprint}:dropped"
    value, dropped = _look(f"{fingerprint}:{query_id}", mark)
    if not isinstance(value, CacheEntry):
        return None
    if not isinstance(dropped, datetime):
        return value
    is_old = value.asked_at < dropped or is_ahead(value.asked_at, now=timezone.now())
    _set_back(mark, dropped)
    return None if is_old else value


def complete(fingerprint: str, query_id: str, reading: CacheEntry) -> None:
    """Put a failed reading's last known state into the cache, unless it holds better by now."""
    present = held(fingerprint, query_id)
    if present is not None and present.as_of is None:
        region().set(f"{fingerprint}:{query_id}", reading)


def forget(fingerprint: str, query_id: str) -> None:
    region().delete(f"{fingerprint}:{query_id}")


def floor(fingerprint: str, scope: str) -> datetime | None:
    """When this dashboard last wrote in a scope: what was asked before then is old."""
    return _time(f"{fingerprint}:floor:{scope}")


def raise_floor(fingerprint: str, scope: str, now: datetime) -> None:
    region().set(f"{fingerprint}:floor:{scope}", now)


def turn(fingerprint: str, what: str) -> datetime | None:
    """When somebody last asked for all who look at the same thing."""
    return _time(f"{fingerprint}:turn:{what}")


def note_turn(fingerprint: str, what: str, now: datetime) -> None:
    region().set(f"{fingerprint}:turn:{what}", now)


def drop(fingerprint: str, now: datetime) -> None:
    """A refused key shows nothing any more that was read with it."""
    region().set(f"{fingerprint}:dropped", now)


def clear_the_way(fingerprint: str, query_id: str, floor: datetime | None) -> None:
    """Let dogpile hand out nothing that `held` or a write has made old, however fresh it is."""
    address = f"{fingerprint}:{query_id}"
    value = _look(address)[0]
    if value is not None and not _may_be_handed_out(value, held(fingerprint, query_id), floor):
        region().delete(address)


def _may_be_handed_out(value: Any, known: CacheEntry | None, floor: datetime | None) -> bool:
    if not isinstance(value, CacheEntry) or known is None:
        return False
    is_written_over = floor is not None and value.asked_at <= floor
    return not (is_written_over or is_ahead(value.asked_at, now=timezone.now()))


def _time(address: str) -> datetime | None:
    found = _look(address)[0]
    return _set_back(address, found) if isinstance(found, datetime) else None


def _set_back(address: str, moment: datetime) -> datetime:
    """A mark that lies ahead goes back with the clock: else all that is read until then is old."""
    now = timezone.now()
    if not is_ahead(moment, now=now):
        return moment
    moment = now - timedelta(microseconds=1)  # what is asked from now on is not old
    region().set(address, moment)
    return moment


def _look(*addresses: str) -> list[Any]:
    """In one trip; None for what is not there."""
    get: Callable[..., list[Any]] = region().get_multi
    found = get(addresses, ignore_expiration=True)
    return [None if value is NO_VALUE else value for value in found]
