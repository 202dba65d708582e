"""Answers that keep their thread for long: one at a time for each who asks, and so many in all."""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class SlotInUse(Exception):  # noqa: N818 - it says what is so
    """Who asks has one already."""


class AllSlotsInUse(Exception):  # noqa: N818 - as above
    """Others have all that there are."""


class ExportSlots:
    """At most `room` at once; nobody waits for one."""

    def __init__(self, room: int) -> None:
        self._room, self._lock = room, threading.Lock()
        self._taken: set[Hashable] = set()

    @contextmanager
    def take(self, who: Hashable) -> Iterator[None]:
        """Raises SlotInUse or Full."""
        with self._lock:
            if who in self._taken:
                raise SlotInUse
            if len(self._taken) >= self._room:
                raise AllSlotsInUse
            self._taken.add(who)
        try:
            yield
        finally:
            with self._lock:
                self._taken.discard(who)
