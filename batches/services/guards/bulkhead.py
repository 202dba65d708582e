"""A vendor that hangs may hold only so many of our threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from batches.refonte import Busy


class Bulkhead:
    """At most `room` callers inside; the next is refused at once, never queued."""

    def __init__(self, room: int) -> None:
        self._room = threading.BoundedSemaphore(room)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Raises Busy where there is no room."""
        if not self._room.acquire(blocking=False):
            raise Busy("Too many requests are waiting for Refonte.", retry_after=2)
        try:
            yield
        finally:
            self._room.release()
