"""How many rows of a list fit into one answer, where its rows are large."""

import time
from collections.abc import Callable, Hashable
from threading import Lock

from cachetools import TTLCache

LISTS = 2_000  # remembered at once, the least recently noted go first
KEPT_SECONDS = 3600.0  # then the whole page is tried again: rows get smaller too


class PageSizes:
    """In this process. `place` names one page of a list under one key."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._sizes: TTLCache[Hashable, int] = TTLCache(LISTS, KEPT_SECONDS, timer=timer)
        self._lock = Lock()

    def fitting(self, place: Hashable, wanted: int) -> int:
        """Rows to ask for: as many as wanted, or as fitted lately."""
        with self._lock:
            return min(wanted, self._sizes.get(place, wanted))

    def forget(self, place: Hashable) -> None:
        """Nothing fitted, so that the whole page is tried again."""
        with self._lock:
            self._sizes.pop(place, None)

    def note(self, place: Hashable, rows: int) -> None:
        """So many rows fitted. Kept for an hour from the first time."""
        with self._lock:
            if self._sizes.get(place) != rows:
                self._sizes[place] = rows
