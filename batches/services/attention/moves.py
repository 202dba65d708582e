"""When the open batches of a key were worked on, in the memory of the worker. Imports numpy.

Whether a batch is stalled, or its whole account rests, follows from the others too. To read all
samples again for each one would take as long as all estimates together.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from batches.models import SeenBatch
from batches.refonte import Counts
from batches.services.forecast.stall import steps_of
from batches.services.forecast.types import Floats, Series

# Another worker may have computed the key's estimates for so long: then they are read again.
UNREAD = timedelta(minutes=30)
# The last ones that moved tell whether the account rests; more of them say the same.
OTHERS = 12

Read = Callable[[Sequence[SeenBatch]], dict[int, Series]]


@dataclass(slots=True)
class Move:
    """steps: as of `steps_of`. settled, total, errors: at the last look, of `as_of`."""

    steps: Floats
    as_of: datetime
    settled: int
    total: int
    errors: int

    @property
    def last(self) -> float:
        return float(self.steps[-1]) if len(self.steps) else 0.0


class Moves:
    """Of one key, by primary key of the batch. All of it can be read again from the samples."""

    def __init__(self) -> None:
        self._known: dict[int, Move] = {}

    def note(self, batch: SeenBatch, series: Series) -> None:
        """A batch in progress whose samples were just read."""
        if batch.counts_at is None:
            return
        counts = Counts.parse(batch.counts or {})
        self._known[batch.pk] = Move(
            steps=steps_of(series),
            as_of=batch.counts_at,
            settled=counts.settled,
            total=counts.total or 0,
            errors=counts.error or 0,
        )

    def follow(self, batches: Sequence[SeenBatch], read: Read, *, size: int) -> None:
        """batches: all in progress, as they were last seen. read: their samples, `size` at once."""
        kept = {row.pk for row in batches}
        self._known = {pk: move for pk, move in self._known.items() if pk in kept}
        unread = [row for row in batches if not self._moved_on(row)]
        for first in range(0, len(unread), size):
            some = unread[first : first + size]
            series = read(some)
            for row in some:
                self.note(row, series[row.pk])

    def has_new_errors(self, batch: SeenBatch) -> bool:
        """Whether it has more than when its samples were read."""
        move = self._known.get(batch.pk)
        return move is not None and (Counts.parse(batch.counts or {}).error or 0) > move.errors

    def others(self, batch: int) -> list[Floats]:
        """Steps of the batches that moved last, without this one."""
        found = (move for pk, move in self._known.items() if pk != batch)
        return [move.steps for move in sorted(found, key=lambda move: -move.last)[:OTHERS]]

    def last(self, batches: Iterable[int]) -> float:
        """When anything of these batches was last done, epoch seconds; 0 where nobody knows."""
        return max((self._known[pk].last for pk in batches if pk in self._known), default=0.0)

    def quiet_since(self, batch: int) -> float | None:
        move = self._known.get(batch)
        return move.last if move and len(move.steps) else None

    def _moved_on(self, batch: SeenBatch) -> bool:
        """Take what its counts say; False where its samples have to be read."""
        move = self._known.get(batch.pk)
        if move is None or batch.counts_at is None or batch.counts_at - move.as_of > UNREAD:
            return False
        counts = Counts.parse(batch.counts or {})
        if counts.settled > move.settled or (counts.total or 0) > move.total:
            # within the minutes since the last look
            move.steps = np.append(move.steps, batch.counts_at.timestamp())
        move.as_of, move.settled, move.total = batch.counts_at, counts.settled, counts.total or 0
        return True
