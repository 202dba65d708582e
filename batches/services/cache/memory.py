"""Bounded memory: the whole cache of a single process, and what a process keeps beside Redis."""

import math
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from cachetools import LRUCache
from dogpile.util import NameRegistry

from batches.refonte import Deadline
from batches.services.cache.locks import EntryLock
from batches.services.cache.sizes import MEMORY_BYTES, bytes_of

KEPT_IN_MEMORY = 2_000


class BoundedMemory:
    """Bounded in bytes and in entries, the least recently used first out. For any thread."""

    def __init__(
        self,
        *,
        most_bytes: float,
        size_of: Callable[[Any], int],
        most_entries: float = math.inf,
    ) -> None:
        self._kept: LRUCache[str, Any] = LRUCache(most_bytes, getsizeof=size_of)
        self._most_entries = most_entries
        self._lock = threading.Lock()  # cachetools leaves locking to its user

    def get(self, address: str) -> Any:
        with self._lock:
            return self._kept.get(address)

    def set(self, address: str, value: Any) -> None:
        with self._lock:
            self._kept.pop(address, None)  # also where the new value is too large: it is outdated
            with suppress(ValueError):  # larger than all the memory there is
                self._kept[address] = value
            while len(self._kept) > self._most_entries:
                self._kept.popitem()

    def delete(self, address: str) -> None:
        with self._lock:
            self._kept.pop(address, None)

    def items(self) -> dict[str, Any]:
        with self._lock:
            return dict(self._kept)


class MemoryStore:
    """Everything of a process that shares nothing with others."""

    def __init__(self) -> None:
        self.memory = BoundedMemory(
            most_bytes=MEMORY_BYTES, size_of=bytes_of, most_entries=KEPT_IN_MEMORY
        )
        self._locks = NameRegistry(lambda _: threading.Lock())

    def get_many(self, addresses: Sequence[str]) -> list[Any]:
        return [self.memory.get(address) for address in addresses]

    def set(self, address: str, value: Any) -> None:
        self.memory.set(address, value)

    def delete(self, address: str) -> None:
        self.memory.delete(address)

    def lock(self, address: str, deadline: Deadline) -> EntryLock:
        return EntryLock(self._locks.get(address), deadline)
