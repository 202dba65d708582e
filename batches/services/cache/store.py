"""The cache as other packages use it: entries and times of one key, in memory or in Redis."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from batches.refonte import Deadline
from batches.services.cache.entry import CacheEntry
from batches.services.cache.locks import EntryLock
from batches.services.cache.memory import MemoryStore
from batches.services.cache.redis_backend import RedisStore
from batches.services.clock import is_ahead


class Place(NamedTuple):
    """The place of a reading under its key. scope: names the writes of ours that outdate it."""

    query_id: str
    scope: str


class Lookup(NamedTuple):
    """What is known of one query. floor: when this product last wrote in its scope."""

    entry: CacheEntry | None
    floor: datetime | None

    def is_due(self, now: datetime, fresh: timedelta) -> bool:
        """Whether the vendor is called. Freshness is decided here and nowhere else."""
        return self.is_outdated or self.entry is None or self.entry.is_due(now, fresh)

    @property
    def is_outdated(self) -> bool:
        """A write of ours came after it."""
        return bool(self.entry and self.floor and self.entry.asked_at <= self.floor)

    def is_servable(self, now: datetime) -> bool:
        """Whether a caller may get the entry while another caller reads a newer one."""
        if self.entry is None or self.is_outdated:
            return False
        return not is_ahead(self.entry.asked_at, now=now)


@cache
def backend() -> MemoryStore | RedisStore:
    """One a process; tests make a new one with `backend.cache_clear()`."""
    return RedisStore() if settings.REDIS_URL else MemoryStore()


def look_up(fingerprint: str, places: Sequence[Place]) -> list[Lookup]:
    """Several queries in one round trip; no entry from before the key was refused."""
    addresses = [f"{fingerprint}:dropped"]
    addresses += [_entry(fingerprint, place.query_id) for place in places]
    addresses += [_floor(fingerprint, place.scope) for place in places]
    times = {0, *range(1 + len(places), len(addresses))}
    found = backend().get_many(addresses)
    dropped, *floors = [_time(addresses[place], found[place]) for place in sorted(times)]
    values = found[1 : 1 + len(places)]
    return [
        Lookup(_usable(value, dropped), floor) for value, floor in zip(values, floors, strict=True)
    ]


def put(fingerprint: str, query_id: str, entry: CacheEntry) -> None:
    backend().set(_entry(fingerprint, query_id), entry)


def forget(fingerprint: str, query_id: str) -> None:
    backend().delete(_entry(fingerprint, query_id))


def lock(fingerprint: str, query_id: str, deadline: Deadline) -> EntryLock:
    """The lock of one entry, to be waited for until the deadline."""
    return backend().lock(_entry(fingerprint, query_id), deadline)


def floor(fingerprint: str, scope: str) -> datetime | None:
    """When this product last wrote in a scope: what was asked before then is outdated."""
    return _read_time(_floor(fingerprint, scope))


def raise_floor(fingerprint: str, scope: str, now: datetime) -> None:
    backend().set(_floor(fingerprint, scope), now)


def led_at(fingerprint: str, page: str) -> datetime | None:
    """When a poll last called the vendor for all viewers of a page."""
    return _read_time(f"{fingerprint}:led:{page}")


def note_lead(fingerprint: str, page: str, now: datetime) -> None:
    backend().set(f"{fingerprint}:led:{page}", now)


def drop(fingerprint: str, now: datetime) -> None:
    """Show nothing any more that was read with the key before now: Refonte refuses it."""
    backend().set(f"{fingerprint}:dropped", now)


def _entry(fingerprint: str, query_id: str) -> str:
    return f"{fingerprint}:{query_id}"


def _floor(fingerprint: str, scope: str) -> str:
    return f"{fingerprint}:floor:{scope}"


def _usable(value: object, dropped: datetime | None) -> CacheEntry | None:
    if not isinstance(value, CacheEntry):
        return None
    if dropped is None:
        return value
    is_old = value.asked_at < dropped or is_ahead(value.asked_at, now=timezone.now())
    return None if is_old else value


def _read_time(address: str) -> datetime | None:
    return _time(address, backend().get_many([address])[0])


def _time(address: str, found: object) -> datetime | None:
    """A stored time. One that lies ahead of the clock is replaced by the present."""
    # the clock was set back: until it reaches the old time all that is read would count as outdated
    now = timezone.now()
    if not isinstance(found, datetime):
        return None
    if not is_ahead(found, now=now):
        return found
    found = now - timedelta(microseconds=1)  # what is asked from now on is newer
    backend().set(address, found)
    return found
