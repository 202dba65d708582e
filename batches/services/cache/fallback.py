"""What a process keeps of its own while Redis is away, and which of two values is the newer one.

Values are as Redis holds them: dogpile's metadata, a bar, JSON.
"""

import json
import re
import threading
import time
from contextlib import suppress
from datetime import datetime

from cachetools import LRUCache
from dogpile.cache.api import CantDeserializeException

from batches.services.cache.entry import NEVER, CacheEntry, load

METADATA = re.compile(rb'\{"ct": [0-9]{1,12}(\.[0-9]{1,12})?, "v": [0-9]{1,4}\}')
CLOCKS_DIFFER = 60  # seconds


class OwnMemory:
    """Bounded in bytes, the least recently used first out. For any thread."""

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(most_bytes, getsizeof=len)
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: str, value: bytes) -> None:
        with self._lock, suppress(ValueError):  # larger than all the room there is
            self._kept[key] = value

    def drop(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def all(self) -> dict[str, bytes]:
        with self._lock:
            return dict(self._kept)


def is_sound(value: object) -> bool:
    """Whether dogpile wrote it: garbage in Redis is a value that is not there."""
    if not isinstance(value, bytes):
        return False
    metadata, bar, _ = value.partition(b"|")
    if not bar or not METADATA.fullmatch(metadata):
        return False
    made_at: float = json.loads(metadata)["ct"]
    return made_at <= time.time() + CLOCKS_DIFFER


def is_time(value: bytes) -> bool:
    """A time, such as that of a write of ours, and no reading."""
    return value.partition(b"|")[2].startswith(b'"')


def newest(one: bytes | None, other: bytes | None) -> bytes | None:
    """By the time of the vendor's answer; of two of the same time the other one."""
    if one is None or other is None or one == other:
        return one if other is None else other
    return one if _as_of(one) > _as_of(other) else other


def _as_of(value: bytes) -> datetime:
    try:
        found = load(value.partition(b"|")[2])
    except CantDeserializeException:
        return NEVER
    if isinstance(found, CacheEntry):
        return found.as_of or NEVER
    as_of: datetime = found
    return as_of
