"""Work that goes on by the clock.

Nothing runs in the background: progress is a function of the seed, the batch, the time and the
priorities sent, so a restart continues where the clock is. Workers are slower at night and on
weekends, take breaks, and their pace breathes within the hour.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from .records import HOUR, Batch, Plan, Project
from .seeded_random import dice_of

NIGHT, EVENING, DAY = 0.35, 0.7, 1.2
WEEKEND = 0.5
BREAK_CHANCE = 0.05
SLOWEST_HOUR, FASTEST_HOUR = 0.7, 1.4
SWELL = 0.9  # how far the pace leaves its mean within an hour
HEAVIEST = 3.0  # the weight of priority 30; also the largest share that others can leave
# Effective hours that no hour exceeds.
FASTEST = DAY * FASTEST_HOUR * (1 + SWELL) * HEAVIEST * HEAVIEST


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch at one moment: its status, and the counts by task status without their prefix."""

    status: str
    counts: dict[str, Any]


class Pace:
    """How much a project's workers get done: effective hours since `origin`, summed by the hour."""

    def __init__(self, seed: int, origin: float) -> None:
        self.seed = seed
        self.origin = origin - origin % HOUR
        self._sums: dict[str, list[float]] = {}

    def worked(self, project: Project, at: float) -> float:
        hours = (at - self.origin) / HOUR
        if hours <= 0:
            return hours
        whole = int(hours)
        sums = self._summed(project, whole + 1)
        return sums[whole] + (sums[whole + 1] - sums[whole]) * breathe(hours - whole)

    def _summed(self, project: Project, upto: int) -> list[float]:
        sums = self._sums.setdefault(project.name, [0.0])
        while len(sums) <= upto:
            sums.append(sums[-1] + self._speed(project, len(sums) - 1))
        return sums

    def _speed(self, project: Project, hour: int) -> float:
        dice = dice_of(f"{self.seed}/{project.name}/{hour}")
        moment = datetime.fromtimestamp(self.origin + hour * HOUR, UTC)
        local = moment + timedelta(hours=project.zone)
        if dice.random() < BREAK_CHANCE:
            return 0.0
        week = WEEKEND if local.weekday() >= 5 else 1.0
        return _by_the_hour(local.hour) * week * dice.uniform(SLOWEST_HOUR, FASTEST_HOUR)


def _by_the_hour(hour: int) -> float:
    if 8 <= hour < 18:
        return DAY
    return EVENING if 6 <= hour < 22 else NIGHT


def breathe(part: float) -> float:
    """Bend a part of an hour (0 to 1) so that the pace in it swells and ebbs, never backwards."""
    waves = 2 * math.pi * 6
    return part - SWELL * math.sin(waves * part) / waves


def weight_of(priority: int) -> float:
    """How many workers a priority draws: 30 three times as many as 20, 10 a third."""
    return float(HEAVIEST ** ((priority - 20) / 10))


def value_at(steps: Sequence[tuple[float, float]], at: float) -> float:
    """The value of a step function, 1 before its first step."""
    place = bisect_right(steps, at, key=lambda step: step[0])
    return steps[place - 1][1] if place else 1.0


def effort(batch: Batch, project: Project, pace: Pace, start: float, at: float) -> float:
    """Effective hours the workers gave this batch between two moments."""
    if at <= start:
        return 0.0
    if not batch.priorities and not project.shares:
        return pace.worked(project, at) - pace.worked(project, start)
    weights = [(when, weight_of(priority)) for when, priority in batch.priorities]
    turns = {when for when, _ in (*weights, *project.shares) if start < when < at}
    cuts = sorted({start, at, *turns})
    return sum(
        (pace.worked(project, end) - pace.worked(project, begin))
        * value_at(weights, begin)
        * value_at(project.shares, begin)
        for begin, end in pairwise(cuts)
    )


def arrived(plan: Plan, at: float) -> int:
    hours = max(0.0, at - plan.since) / HOUR
    return min(plan.total, plan.arrived + int(plan.arrival_rate * hours))


def counts_of(plan: Plan, here: int, done: int) -> dict[str, Any]:
    """Split the work done by outcome, so that no count ever falls while `done` rises."""
    error = int(done * plan.errors)
    canceled = int((done - error) * plan.cancellations)
    completed = done - error - canceled
    return {"pending": here - done, "completed": completed, "error": error, "canceled": canceled}


def progress_of(batch: Batch, project: Project, pace: Pace, at: float) -> Progress:
    """Where a batch stands. A staged one takes no more tasks once it is finalized."""
    plan = batch.plan
    if batch.status is not None:
        counts, status = batch.counts, batch.status
        if status == "staging" and batch.finalized_at is not None and at >= batch.finalized_at:
            status = "in_progress"  # it was finalized late
        return Progress(
            status, counts_of(plan, plan.total, plan.total) if counts is None else counts
        )
    if batch.staged and (batch.finalized_at is None or at < batch.finalized_at):
        return Progress("staging", counts_of(plan, arrived(plan, at), 0))
    here = arrived(plan, at if batch.finalized_at is None else min(at, batch.finalized_at))
    expected = here if batch.staged else plan.total
    begin = max(plan.since, batch.finalized_at or 0.0)
    done = min(here, plan.done + int(plan.rate * effort(batch, project, pace, begin, at)))
    status = "completed" if expected and done == expected else "in_progress"
    return Progress(status, counts_of(plan, here, done))
