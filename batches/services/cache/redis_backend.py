"""Redis as the store. While it does not answer, each process uses memory and locks of its own.

No error of Redis reaches a page. When it answers again, the newer of two values counts.
"""

import math
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone
from dogpile.util import NameRegistry
from redis.lock import Lock

from batches.refonte import Deadline
from batches.services.cache.entry import NEVER, CacheEntry, dump, load
from batches.services.cache.locks import EntryLock, waited_too_long
from batches.services.cache.memory import BoundedMemory
from batches.services.cache.redis_access import AWAY, ask_redis
from batches.services.clock import is_ahead
from batches.services.cooldown import REDIS

PREFIX = "console:"
KEPT_SECONDS = 2 * 24 * 3600
# Bytes of one value: an answer of 4 MB whose every character JSON escapes is longer and not kept.
LARGEST = 4_000_000
READINGS_BYTES, TIMES_BYTES = 32 * 1024 * 1024, 1024 * 1024


class RedisStore:
    """Values are JSON texts in Redis."""

    def __init__(self) -> None:
        self.client = redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS)
        self._readings = BoundedMemory(most_bytes=READINGS_BYTES, size_of=len)
        self._times = BoundedMemory(most_bytes=TIMES_BYTES, size_of=len)
        self._locks = NameRegistry(lambda _: threading.Lock())
        self._returns_seen = REDIS.returns

    def get_many(self, addresses: Sequence[str]) -> list[Any]:
        """In one round trip; None for what is not there."""
        found = self._ask(lambda: self._read(addresses))
        shared = [None] * len(addresses) if found is AWAY else found
        pairs = zip(addresses, shared, strict=True)
        return [load(newest(value, self._own(address))) for address, value in pairs]

    def set(self, address: str, value: CacheEntry | datetime) -> None:
        text = dump(value)
        if len(text) > LARGEST:
            self.delete(address)  # what was there before is outdated
            return
        is_stored = self._ask(lambda: self._write(address, text)) is not AWAY
        if isinstance(value, datetime):
            # also while Redis answers: after a restart it may lack this time (of a write of ours,
            # of a refused key), and still have readings from before it
            self._times.set(address, text)
        elif is_stored:
            self._readings.delete(address)
        else:
            self._readings.set(address, text)

    def delete(self, address: str) -> None:
        self._times.delete(address)
        self._readings.delete(address)
        self._ask(lambda: self.client.delete(PREFIX + address))

    def lock(self, address: str, deadline: Deadline) -> "SharedLock":
        shared = self.client.lock(
            f"{PREFIX}lock:{address}",
            # a killed holder's lock must not outlive what its call could have taken
            timeout=math.ceil(settings.REFONTE_TIMEOUT) + 2,
            thread_local=False,
        )
        return SharedLock(self._locks.get(address), deadline, shared, self._ask)

    def _ask(self, command: Callable[[], Any]) -> Any:
        """As `ask_redis`. When Redis answers again, the times that it missed are written first."""
        found = ask_redis(command)
        if found is not AWAY and self._returns_seen != REDIS.returns:
            self._returns_seen = REDIS.returns
            ask_redis(self._write_times)
        return found

    def _own(self, address: str) -> bytes | None:
        found: bytes | None = self._times.get(address) or self._readings.get(address)
        return found

    def _read(self, addresses: Sequence[str]) -> list[bytes | None]:
        """Several values in one trip."""
        # with a limit: a value of another program may be far longer than any of ours
        pipe = self.client.pipeline(transaction=False)
        for address in addresses:
            pipe.getrange(PREFIX + address, 0, LARGEST)
        found = pipe.execute(raise_on_error=False)
        # a value of another type is an error in its place; an absent one is empty
        return [
            value if isinstance(value, bytes) and 0 < len(value) <= LARGEST else None
            for value in found
        ]

    def _write(self, address: str, text: bytes) -> None:
        if REDIS.is_just_back(within=settings.REFONTE_TIMEOUT * 2):
            # what was asked before the pause and answered after it replaces nothing newer
            [present] = self._read([address])
            text = newest(present, text) or text
        self.client.set(PREFIX + address, text, ex=KEPT_SECONDS)

    def _write_times(self) -> None:
        """Write the times that this process kept while Redis did not answer."""
        # by them the readings that Redis still has are seen to be outdated
        own = self._times.items()
        if not own:
            return
        present = self._read(list(own))
        pipe = self.client.pipeline(transaction=False)
        for (address, text), other in zip(own.items(), present, strict=True):
            pipe.set(PREFIX + address, newest(other, text) or text, ex=KEPT_SECONDS)
        pipe.execute()


class SharedLock(EntryLock):
    """Excludes threads of one process, and while Redis answers all processes."""

    def __init__(
        self, of_process: threading.Lock, deadline: Deadline, shared: Lock, ask: Any
    ) -> None:
        super().__init__(of_process, deadline)
        self._shared, self._ask, self._is_shared = shared, ask, False

    def acquire(self, wait: bool = True) -> bool:
        """Raises Busy where the holder is not done in time."""
        if not super().acquire(wait):
            return False
        limit = self.seconds if wait else None
        found = self._ask(lambda: self._shared.acquire(blocking=wait, blocking_timeout=limit))
        self._is_shared = found is True
        if self._is_shared or found is AWAY:
            return True
        super().release()
        if wait:
            raise waited_too_long()
        return False

    def release(self) -> None:
        if self._is_shared:
            self._ask(self._shared.release)
        super().release()


def newest(one: bytes | None, other: bytes | None) -> bytes | None:
    """By the time of the vendor's answer; of two of the same time the other one."""
    if one is None or other is None or one == other:
        return one if other is None else other
    return one if _as_of(one) > _as_of(other) else other


def _as_of(text: bytes) -> datetime:
    found = load(text)
    as_of: datetime = (found.as_of if isinstance(found, CacheEntry) else found) or NEVER
    # one of the future was written before the clock was set back: it would replace all to come
    return NEVER if is_ahead(as_of, now=timezone.now()) else as_of
