"""Batches by status and by project, so that a list of one status costs the same at any size."""

import heapq
import math
from collections.abc import Callable, Iterable

from .models import HOUR, Batch
from .pace import FASTEST, Progress
from .timeline import Timeline

ProgressOf = Callable[[Batch, float], Progress]
Group = tuple[str | None, str]  # a project (None: all), and a status


class StatusIndex:
    """Not thread-safe: callers hold the vendor's lock."""

    def __init__(
        self, progress_of: ProgressOf, sequence_of: Callable[[Batch], int], fastest: float = 1.0
    ) -> None:
        """fastest: the largest factor of `Speeds`."""
        self._progress_of, self._sequence_of = progress_of, sequence_of
        self._fastest = fastest
        self._timelines: dict[Group, Timeline] = {}
        self._known: dict[str, tuple[Batch, str]] = {}
        # A status changes by a write, which `World` reports, or with time: a heap of the earliest
        # moment at which each can differ, so that few batches are computed again.
        self._due: list[tuple[float, str]] = []
        self._at = -math.inf

    def changed(self, batches: Iterable[Batch]) -> None:
        """Schedule these batches to be computed before the next list."""
        for batch in batches:
            # a batch of the same name may have replaced it
            self.forget(batch.name)
            self._known[batch.name] = (batch, "")
            heapq.heappush(self._due, (-math.inf, batch.name))

    def forget(self, name: str) -> None:
        batch, status = self._known.pop(name, (None, ""))
        if batch and status:
            for group in ((None, status), (batch.project, status)):
                self._timelines[group].remove(batch)

    def timeline(self, project: str | None, status: str, at: float) -> Timeline:
        """The batches of a project (None: of all) that have a status at a moment."""
        self._refresh(at)
        return self._timelines.get((project, status), Timeline())

    def _refresh(self, at: float) -> None:
        if at < self._at:  # the clock was set back: an earlier status may apply again
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
            for group in ((None, status), (batch.project, status)):
                timeline = self._timelines.setdefault(group, Timeline())
                timeline.add(batch, self._sequence_of(batch))
        if (moment := earliest_change(batch, progress, at, self._fastest)) < math.inf:
            heapq.heappush(self._due, (moment, name))


def earliest_change(batch: Batch, progress: Progress, at: float, fastest: float = 1.0) -> float:
    """The earliest moment at which time alone can change the status; infinity if never."""
    plan = batch.plan
    if batch.status is not None:
        return math.inf
    if progress.status == "staging":
        return math.inf if batch.finalized_at is None else batch.finalized_at
    # tasks may come back, which ends even a completed batch
    planned = min([when for when, _ in plan.sent_back if when > at], default=math.inf)
    if progress.status != "in_progress":
        return planned
    planned = min(planned, plan.paused_at)
    pending = int(progress.counts["pending"])
    # a finalized batch receives no more tasks, any other all of its plan
    done = sum(progress.counts.values()) - pending
    left = pending if batch.staged else plan.total - done
    if not left or not plan.rate or at >= plan.stops_at:
        return planned
    # at the fastest pace there is; at least a second, so that it is not computed at every call
    soonest = at + max(1.0, left / (plan.rate * FASTEST * fastest) * HOUR)
    return min(planned, soonest)
