"""Redis behind dogpile. Where Redis does not answer, the process goes on with memory and locks of
its own, so that as few calls are made as there are processes.

No error of Redis reaches a page. When it is back, the newer of two values is the one that counts.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from dogpile.cache.api import NO_VALUE, CacheMutex
from dogpile.cache.proxy import ProxyBackend

from batches.services.cache.fallback import OwnMemory, is_sound, is_time, newest
from batches.services.cache.locks import LocalMutex, held_up, patience
from batches.services.cache.redis_access import AWAY, ask_redis
from batches.services.cooldown import REDIS

KEPT_SECONDS = 2 * 24 * 3600
# Bytes of one value: an answer of 4 MB whose every character JSON escapes is longer and not kept.
LARGEST = 4_000_000
READINGS_BYTES, TIMES_BYTES = 32 * 1024 * 1024, 1024 * 1024


class SharedCache(ProxyBackend):
    """Redis as dogpile's backend.

    Times (of our writes, of refused keys) are also kept here while Redis is well: it may come back
    without them, or with readings that are older than they are.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # dogpile leaves it untyped
        self._readings, self._times = OwnMemory(READINGS_BYTES), OwnMemory(TIMES_BYTES)
        self._returns_seen = REDIS.returns

    def get_serialized(self, key: Any) -> Any:
        return self.get_serialized_multi([key])[0]

    def get_serialized_multi(self, keys: Iterable[Any]) -> Sequence[Any]:
        wanted = list(keys)
        found = self.ask(lambda: self._read(wanted))
        theirs = [None] * len(wanted) if found is AWAY else found
        return [self._best(*pair) or NO_VALUE for pair in zip(wanted, theirs, strict=True)]

    def set_serialized(self, key: Any, value: bytes) -> None:
        if len(value) > LARGEST:
            self.delete(key)  # what was there before is old by now
            return
        own = self._times if is_time(value) else self._readings
        is_stored = self.ask(lambda: self._write(key, value)) is not AWAY
        if is_stored and own is self._readings:
            own.drop(key)
        else:
            own.put(key, value)

    def delete(self, key: Any) -> None:
        self._times.drop(key)
        self._readings.drop(key)
        self.ask(lambda: self.proxied.delete(key))

    def get_mutex(self, key: Any) -> "SharedMutex":
        return SharedMutex(self, self.proxied.get_mutex(key))

    def ask(self, command: Any) -> Any:
        """As `ask_redis`. The first to be answered after a rest tells Redis what it missed."""
        found = ask_redis(command)
        if found is not AWAY and self._returns_seen != REDIS.returns:
            self._returns_seen = REDIS.returns
            ask_redis(self._tell_times)
        return found

    def _best(self, key: Any, theirs: bytes | None) -> bytes | None:
        return newest(theirs, self._times.get(key) or self._readings.get(key))

    def _read(self, keys: Sequence[Any]) -> list[bytes | None]:
        """In one trip. No more of a value than any of ours is long, however long it is."""
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.getrange(key, 0, LARGEST)
        found = pipe.execute(raise_on_error=False)
        return [value if is_sound(value) and len(value) <= LARGEST else None for value in found]

    def _write(self, key: Any, value: bytes) -> None:
        """What was asked before a rest, and answered after it, replaces nothing that is newer."""
        if REDIS.is_just_back(within=settings.REFONTE_TIMEOUT * 2):
            [theirs] = self._read([key])
            value = newest(theirs, value) or value
        # dogpile's own would use a command that the client calls deprecated
        self._client.set(key, value, ex=KEPT_SECONDS)

    def _tell_times(self) -> None:
        """What was written here while Redis was away makes old what it still holds."""
        ours = self._times.all()
        if not ours:
            return
        theirs = self._read(list(ours))
        pipe = self._client.pipeline(transaction=False)
        for (key, value), their in zip(ours.items(), theirs, strict=True):
            pipe.set(key, newest(their, value) or value, ex=KEPT_SECONDS)
        pipe.execute()

    @property
    def _client(self) -> Any:
        return self.proxied.writer_client  # type: ignore[attr-defined]  # only Redis has one


class SharedMutex(CacheMutex):
    """dogpile's lock: of this process's threads, and while Redis answers of all processes."""

    def __init__(self, shared: SharedCache, wrapped: Any) -> None:
        self._shared, self._lock, self._own = shared, wrapped.mutex, LocalMutex()
        self._is_shared = False  # written by whoever holds the own lock

    def acquire(self, wait: bool = True) -> bool:
        """Raises Busy where the holder is not heard of in time."""
        if not self._own.acquire(wait):
            return False
        is_ours = self._acquire_shared(wait)
        if not is_ours:
            self._own.release()
        if wait and not is_ours:
            raise held_up()
        return is_ours

    def release(self) -> None:
        if self._is_shared:
            self._shared.ask(self._lock.release)
        self._own.release()

    def locked(self) -> bool:
        return self._own.locked() or self._shared.ask(self._lock.locked) is True

    def _acquire_shared(self, wait: bool) -> bool:
        limit = patience() if wait else None
        found = self._shared.ask(lambda: self._lock.acquire(blocking=wait, blocking_timeout=limit))
        self._is_shared = found is True
        return found is AWAY or self._is_shared
