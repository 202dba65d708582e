"""Batches in order of creation, so that a page costs the same at any size of the list."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from .models import Batch

Row = tuple[int, int, Batch]


def _sort_key(row: Row) -> tuple[int, int]:
    return row[:2]


class Timeline:
    """Sorted by `created_at`, then by the caller's sequence number."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def add(self, batch: Batch, sequence: int) -> None:
        insort(self._rows, (batch.created_ms, sequence, batch), key=_sort_key)

    def extend(self, batches: Iterable[tuple[Batch, int]]) -> None:
        # one sort: inserting one by one takes quadratic time
        self._rows += [(batch.created_ms, sequence, batch) for batch, sequence in batches]
        self._rows.sort(key=_sort_key)

    def remove(self, batch: Batch) -> None:
        # by identity: a batch that replaces one of the same name may have the same millisecond
        first, stop = self.bounds(batch.created_ms, batch.created_ms)
        self._rows[first:stop] = [row for row in self._rows[first:stop] if row[2] is not batch]

    def bounds(self, first_ms: int | None, last_ms: int | None) -> tuple[int, int]:
        """The half-open range of indexes with `created_at` between both (inclusive)."""
        low = 0 if first_ms is None else bisect_left(self._rows, first_ms, key=lambda row: row[0])
        high = len(self._rows)
        if last_ms is not None:
            high = bisect_left(self._rows, last_ms + 1, key=lambda row: row[0])
        return low, max(low, high)

    def newest_first(self, low: int = 0, high: int | None = None) -> Iterator[Batch]:
        return (row[2] for row in reversed(self._rows[low:high]))

    def page(self, low: int, high: int, offset: int, limit: int) -> list[Batch]:
        """One page of a range, newest first."""
        top = max(low, high - offset)
        return list(self.newest_first(max(low, top - limit), top))
