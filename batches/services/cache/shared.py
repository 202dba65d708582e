"""Redis behind dogpile, where Redis that does not answer is a cache that holds nothing.

No error of Redis reaches a page: a read is a miss, a write is dropped, a lock is nobody's, and for
a few seconds nobody asks it again.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dogpile.cache.api import NO_VALUE, CacheMutex
from dogpile.cache.proxy import ProxyBackend
from redis.exceptions import LockError, RedisError

from batches.services.cache.waiting import held_up, patience

log = logging.getLogger(__name__)

REST_SECONDS = 5.0
KEPT_SECONDS = 2 * 24 * 3600
LARGEST = 4_000_000  # bytes of one value; how many there may be is Redis' own to say


class SharedCache(ProxyBackend):
    """Redis as dogpile's backend."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # dogpile leaves it untyped
        self._rests_until = 0.0

    def get_serialized(self, key: Any) -> Any:
        return self.attempt(lambda: self.proxied.get_serialized(key), otherwise=NO_VALUE)

    def get_serialized_multi(self, keys: Iterable[Any]) -> Sequence[Any]:
        wanted = list(keys)
        nothing = [NO_VALUE] * len(wanted)
        found: Sequence[Any] = self.attempt(
            lambda: self.proxied.get_serialized_multi(wanted), otherwise=nothing
        )
        return found

    def set_serialized(self, key: Any, value: bytes) -> None:
        if len(value) > LARGEST:
            self.delete(key)  # what was there before is old by now
            return
        # dogpile's own would use a command that the client calls deprecated
        client = self.proxied.writer_client  # type: ignore[attr-defined]  # only Redis has one
        self.attempt(lambda: client.set(key, value, ex=KEPT_SECONDS))

    def delete(self, key: Any) -> None:
        self.attempt(lambda: self.proxied.delete(key))

    def get_mutex(self, key: Any) -> "SharedMutex":
        return SharedMutex(self, self.proxied.get_mutex(key))

    def attempt(self, ask: Callable[[], Any], *, otherwise: Any = None) -> Any:
        """What Redis says; `otherwise` where it says nothing."""
        if time.monotonic() < self._rests_until:
            return otherwise
        try:
            return ask()
        except LockError:
            return otherwise  # the lock outlived its time: Redis itself is well
        except RedisError:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.exception("Redis does not answer; reads go on without it")
            return otherwise


class SharedMutex(CacheMutex):
    """dogpile's lock over Redis."""

    def __init__(self, shared: SharedCache, wrapped: Any) -> None:
        self._shared, self._lock = shared, wrapped.mutex

    def acquire(self, wait: bool = True) -> bool:
        """Raises Busy where the holder is not heard of in time."""
        limit = patience() if wait else None
        is_ours = self._shared.attempt(
            lambda: self._lock.acquire(blocking=wait, blocking_timeout=limit), otherwise=True
        )
        if wait and not is_ours:
            raise held_up()
        return bool(is_ours)

    def release(self) -> None:
        self._shared.attempt(self._lock.release)

    def locked(self) -> bool:
        return bool(self._shared.attempt(self._lock.locked))
