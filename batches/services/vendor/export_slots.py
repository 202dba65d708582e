"""Exports keep their thread for long: one at a time for a person, and so many in a process."""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class SlotInUse(Exception):  # noqa: N818 - it names a state
    """The person has one already."""


class AllSlotsInUse(Exception):  # noqa: N818 - as above
    """Other people have all of them."""


class ExportSlots:
    """At most `slots` at once; there is no queue."""

    def __init__(self, slots: int) -> None:
        self._slots, self._lock = slots, threading.Lock()
        self._taken: set[Hashable] = set()

    @contextmanager
    def take(self, person: Hashable) -> Iterator[None]:
        """Raises SlotInUse or Full."""
        with self._lock:
            if person in self._taken:
                raise SlotInUse
            if len(self._taken) >= self._slots:
                raise AllSlotsInUse
            self._taken.add(person)
        try:
            yield
        finally:
            with self._lock:
                self._taken.discard(person)
