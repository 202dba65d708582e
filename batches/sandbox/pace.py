"""The progress of batches over time: a function of seed, batch, time and priorities sent.

So nothing runs in the background, and progress is the same after a restart.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from .models import HOUR, Batch, Plan, Project
from .rhythms import FASTEST_HOUR, RHYTHMS, speed_in
from .speeds import Speeds

VARIATION = 0.9  # of the pace within an hour; below 1, so that no count falls
MAX_WEIGHT = 3.0  # of priority 30; also the largest share left by the others
# An upper bound of the effective hours in one hour.
FASTEST = FASTEST_HOUR * (1 + VARIATION) * MAX_WEIGHT * MAX_WEIGHT


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch at one moment. Keys of `counts` are without the prefix `tasks_`."""

    status: str
    counts: dict[str, Any]


class Pace:
    """Effective hours of each project's workers since `origin`, summed by the hour."""

    def __init__(self, seed: int, origin: float, speeds: Speeds | None = None) -> None:
        self.seed = seed
        self.speeds = speeds or Speeds()
        # at a whole hour: night and weekend are decided once for each hour
        self.origin = origin - origin % HOUR
        # the projects of another mode may have the same names
        self._sums: dict[tuple[str, int, str], list[float]] = {}

    def worked(self, project: Project, at: float) -> float:
        """Effective hours until `at`."""
        usual = self._usual(project, at)
        # usually nothing is added: the speed is seldom changed
        return usual + sum(
            more * (usual - self._usual(project, when)) for when, more in self.speeds.changes(at)
        )

    def _usual(self, project: Project, at: float) -> float:
        hours = (at - self.origin) / HOUR
        if hours <= 0:
            return hours
        whole = int(hours)
        sums = self._summed(project, whole + 1)
        return sums[whole] + (sums[whole + 1] - sums[whole]) * vary(hours - whole)

    def _summed(self, project: Project, upto: int) -> list[float]:
        # kept: a list computes the progress of every batch, thousands of hours each
        place = (project.name, project.zone, project.rhythm)
        sums = self._sums.setdefault(place, [0.0])
        while len(sums) <= upto:
            sums.append(sums[-1] + self._speed(project, len(sums) - 1))
        return sums

    def _speed(self, project: Project, hour: int) -> float:
        moment = datetime.fromtimestamp(self.origin + hour * HOUR, UTC)
        local = moment + timedelta(hours=project.zone)
        return speed_in(RHYTHMS[project.rhythm], local, f"{self.seed}/{project.name}", hour)


def vary(part: float) -> float:
    """Map a part of an hour (0 to 1) to one at a varying pace that never goes backwards."""
    waves = 2 * math.pi * 6
    return part - VARIATION * math.sin(waves * part) / waves


def weight_of(priority: int) -> float:
    """The relative number of workers: 3 for priority 30, 1 for 20, a third for 10."""
    return float(MAX_WEIGHT ** ((priority - 20) / 10))


def value_at(steps: Sequence[tuple[float, float]], at: float) -> float:
    """The value of a step function, 1 before its first step."""
    index = bisect_right(steps, at, key=lambda step: step[0])
    return steps[index - 1][1] if index else 1.0


def effort(batch: Batch, project: Project, pace: Pace, start: float, at: float) -> float:
    """Effective hours spent on this batch between two moments."""
    if at <= start:
        return 0.0
    if not batch.priorities and not project.shares:
        return pace.worked(project, at) - pace.worked(project, start)
    # both factors change at known moments, so the effort between two of them is a product
    weights = [(when, weight_of(priority)) for when, priority in batch.priorities]
    changes = {when for when, _ in (*weights, *project.shares) if start < when < at}
    cuts = sorted({start, at, *changes})
    return sum(
        (pace.worked(project, end) - pace.worked(project, begin))
        * value_at(weights, begin)
        * value_at(project.shares, begin)
        for begin, end in pairwise(cuts)
    )


def arrived(plan: Plan, speeds: Speeds, at: float) -> int:
    """Tasks received until `at`."""
    if not plan.arrival_rate:
        return min(plan.total, plan.arrived)
    hours = max(0.0, speeds.elapsed(plan.since, at)) / HOUR
    return min(plan.total, plan.arrived + int(plan.arrival_rate * hours))


def counts_of(plan: Plan, here: int, done: int) -> dict[str, Any]:
    """Split the work done by outcome."""
    # each share is rounded down on its own, so that no count falls while `done` rises
    early = done if plan.more_errors is None else min(done, plan.errors_after)
    error = int(early * plan.errors) + int((done - early) * (plan.more_errors or 0.0))
    canceled = int((done - error) * plan.cancellations)
    completed = done - error - canceled
    return {"pending": here - done, "completed": completed, "error": error, "canceled": canceled}


def progress_of(batch: Batch, project: Project, pace: Pace, at: float) -> Progress:
    """Status and counts at a moment. A staged batch receives no tasks after finalize."""
    plan = batch.plan
    if batch.status is not None:
        counts, status = batch.counts, batch.status
        if status == "staging" and batch.finalized_at is not None and at >= batch.finalized_at:
            status = "in_progress"  # finalized with a delay
        return Progress(
            status, counts_of(plan, plan.total, plan.total) if counts is None else counts
        )
    status, here, done = state_of(batch, project, pace, at)
    return Progress(status, counts_of(plan, here, done))


def state_of(batch: Batch, project: Project, pace: Pace, at: float) -> tuple[str, int, int]:
    """Status, tasks received and tasks done of a batch that follows the clock."""
    plan = batch.plan
    if batch.staged and (batch.finalized_at is None or at < batch.finalized_at):
        return "staging", arrived(plan, pace.speeds, at), 0
    here = received(batch, pace, at)
    done = min(here, _work_done(batch, project, pace, at))
    # a staged batch is complete with what it had received, any other with its whole plan
    expected = here if batch.staged else plan.total
    if expected and done == expected:
        return "completed", here, done
    return "paused" if at >= plan.paused_at else "in_progress", here, done


def received(batch: Batch, pace: Pace, at: float) -> int:
    """Tasks of a batch that has started."""
    until = at if batch.finalized_at is None else min(at, batch.finalized_at)
    return arrived(batch.plan, pace.speeds, until)


def _work_done(batch: Batch, project: Project, pace: Pace, at: float) -> int:
    """Tasks done until a moment, as if no more than these had to arrive."""
    plan = batch.plan
    begin, until = (
        max(plan.since, batch.finalized_at or 0.0),
        min(at, plan.stops_at, plan.paused_at),
    )
    done = plan.done
    for when, tasks in plan.sent_back:
        if when > until:
            break
        # what had been done by then: no work is stored up for tasks that come back
        done += int(plan.rate * effort(batch, project, pace, begin, when))
        done, begin = max(0, min(done, received(batch, pace, when)) - tasks), when
    return done + int(plan.rate * effort(batch, project, pace, begin, until))
