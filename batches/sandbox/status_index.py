"""Batches by status and by project: a list of one status costs no more among 50,000 than among 50.

A status changes by a write, which the world reports, or by the clock. For the clock each batch has
the earliest moment at which its status can differ, so that only a few are computed again.
"""

import heapq
import math
from collections.abc import Callable, Iterable

from .models import HOUR, Batch
from .pace import FASTEST, Progress
from .timeline import Timeline

ProgressOf = Callable[[Batch, float], Progress]
Place = tuple[str | None, str]  # a project or all of them, and a status


class StatusIndex:
    """Its caller holds the sandbox's lock. `progress_of` computes how a batch is at a moment."""

    def __init__(self, progress_of: ProgressOf, sequence_of: Callable[[Batch], int]) -> None:
        self._progress_of, self._sequence_of = progress_of, sequence_of
        self._timelines: dict[Place, Timeline] = {}
        self._known: dict[str, tuple[Batch, str]] = {}
        self._due: list[tuple[float, str]] = []
        self._at = -math.inf

    def changed(self, batches: Iterable[Batch]) -> None:
        """Compute them again before the next list."""
        for batch in batches:
            # the same name may have another batch now
            self.forget(batch.name)
            self._known[batch.name] = (batch, "")
            heapq.heappush(self._due, (-math.inf, batch.name))

    def forget(self, name: str) -> None:
        batch, status = self._known.pop(name, (None, ""))
        if batch and status:
            for place in ((None, status), (batch.project, status)):
                self._timelines[place].remove(batch)

    def timeline(self, project: str | None, status: str, at: float) -> Timeline:
        """The batches of a project (None: of all) that have a status at a moment."""
        self._refresh(at)
        return self._timelines.get((project, status), Timeline())

    def _refresh(self, at: float) -> None:
        if at < self._at:  # the clock was set back: what was computed may come again
            self._due = [(-math.inf, name) for name in self._known]
        self._at = at
        while self._due and self._due[0][0] <= at:
            _, name = heapq.heappop(self._due)
            if name in self._known:
                self._compute(name, at)

    def _compute(self, name: str, at: float) -> None:
        batch, before = self._known[name]
        progress = self._progress_of(batch, at)
        status = progress.status
        if status != before:
            self.forget(name)
            self._known[name] = (batch, status)
            for place in ((None, status), (batch.project, status)):
                timeline = self._timelines.setdefault(place, Timeline())
                timeline.add(batch, self._sequence_of(batch))
        if (moment := earliest_change(batch, progress, at)) < math.inf:
            heapq.heappush(self._due, (moment, name))


def earliest_change(batch: Batch, progress: Progress, at: float) -> float:
    """Before this moment the clock alone cannot give the batch another status."""
    if batch.status is not None or progress.status == "completed":
        return math.inf
    if progress.status == "staging":
        return math.inf if batch.finalized_at is None else batch.finalized_at
    pending = int(progress.counts["pending"])
    # a finalized batch gets no more tasks, any other all of its plan
    done = sum(progress.counts.values()) - pending
    left = pending if batch.staged else batch.plan.total - done
    if not left or not batch.plan.rate:
        return math.inf
    return at + max(1.0, left / (batch.plan.rate * FASTEST) * HOUR)
