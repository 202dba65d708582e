"""A vendor that hangs may hold only so many of our threads."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from batches.refonte import Busy


class NoFreeSlot(Busy):
    """Nobody was asked, as too many callers wait already: says nothing of the vendor."""


class Bulkhead:
    """At most `slots` callers inside. A few more may wait for a moment; all others are refused.

    waiting: how many may wait, as they hold their threads meanwhile.
    """

    def __init__(self, slots: int, *, waiting: int = 0) -> None:
        self._free, self._may_wait = slots, waiting
        self._queue = deque[threading.Event]()
        self._lock = threading.Lock()

    @contextmanager
    def enter(self, *, within: float = 0.0) -> Iterator[None]:
        """within: seconds to wait for a slot. Raises NoFreeSlot."""
        if not self._take(within):
            raise NoFreeSlot("Too many requests are waiting for Refonte.", retry_after=2)
        try:
            yield
        finally:
            self._give_back()

    def _take(self, seconds: float) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if seconds <= 0 or len(self._queue) >= self._may_wait:
                return False
            handed = threading.Event()
            self._queue.append(handed)
        return handed.wait(seconds) or not self._gave_up(handed)

    def _gave_up(self, handed: threading.Event) -> bool:
        """False where the slot came between the end of the wait and this."""
        with self._lock:
            if handed.is_set():
                return False
            self._queue.remove(handed)
            return True

    def _give_back(self) -> None:
        """To who has waited longest, so that nobody who comes later is before them."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1
