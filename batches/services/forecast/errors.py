"""Whether errors of a batch have become more: a Bernoulli CUSUM over its settled tasks.

After Reynolds & Stoumbos (1999), doi 10.1080/00224065.1999.11979900: each task moves a sum up if it
failed, and a little down if not; the sum never falls below 0, and an alarm is a sum above a bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from batches.services.forecast.types import Floats, Series

BOUND = 7.0  # one false alarm in about exp(7) errors of the usual kind
FALSE = 0.02  # false alarms of a batch with more errors than that
LEAST = 5  # errors since they became more
USUAL, USUAL_TASKS = 0.02, 50.0  # of an account of which nothing is known, worth so many tasks
PAST_TASKS = 300.0  # finished batches count for so many tasks at most
OWN_TASKS = 200.0  # of the batch's own first tasks, which tell what is usual in it
TIMES, MORE, MOST = 3.0, 0.05, 0.9  # what is looked for: three times as many, at least 5 % more


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRise:
    """Errors grow since so many seconds (epoch). errors of tasks: settled since. usual: share."""

    since: float
    errors: int
    tasks: int
    usual: float


def error_rise_of(
    series: Series, *, past: Sequence[tuple[float, float]] = (), least: float = 1.0
) -> ErrorRise | None:
    """The rise of errors in which a batch is now; None where there is none, or errors are unknown.

    past: (errors, settled tasks) of finished batches of the project, see `errors_in`.
    least: of what a new alarm needs; less for one that is known, so that it does not come and go.
    """
    at, errors, tasks = _moves(series)
    if not len(at) or errors.sum() < LEAST:
        return None
    usual = _usual(errors, tasks, past)
    worse = min(MOST, max(TIMES * usual, usual + MORE))
    up, down = np.log(worse / usual), np.log((1 - worse) / (1 - usual))
    sums = np.cumsum(errors * up + (tasks - errors) * down)
    # the sum starts anew from its lowest point
    lowest = int(np.argmin(np.append(0.0, sums)))
    height = float(sums[-1] - min(0.0, float(sums.min())))
    seen = int(errors[lowest:].sum()), int(tasks[lowest:].sum())
    bound = max(BOUND, np.log(usual * tasks.sum() / FALSE))
    if height <= least * bound or seen[0] < LEAST:
        return None
    return ErrorRise(since=float(at[lowest]), errors=seen[0], tasks=seen[1], usual=usual)


def errors_in(series: Series) -> tuple[float, float]:
    """(errors, settled tasks) of a batch, (0, 0) where errors are not told."""
    _, errors, tasks = _moves(series)
    return float(errors.sum()), float(tasks.sum())


def _moves(series: Series) -> tuple[Floats, Floats, Floats]:
    """Time, errors and all settled tasks of each step; falls are counts that were corrected."""
    known = np.isfinite(series.error) & np.isfinite(series.completed)
    at, failed = series.at[known], np.maximum.accumulate(series.error[known])
    done = np.maximum.accumulate(series.completed[known])
    errors, good = np.diff(failed), np.diff(done)
    moved = (errors + good) > 0
    return at[1:][moved], errors[moved], (errors + good)[moved]


def _usual(errors: Floats, tasks: Floats, past: Sequence[tuple[float, float]]) -> float:
    """Share of tasks that fail, from finished batches and the first tasks of this one."""
    failed, settled = np.sum(np.array([*past, (0.0, 0.0)]), axis=0)
    weight = min(1.0, PAST_TASKS / max(settled, 1.0))
    # the later half may be what is looked for
    first = np.cumsum(tasks) <= min(OWN_TASKS, tasks.sum() / 2)
    counted = USUAL_TASKS + weight * settled + tasks[first].sum()
    found = USUAL * USUAL_TASKS + weight * failed + errors[first].sum()
    share = found / counted
    # it may be more by as much as the count tells nothing about
    spread = np.sqrt(share * (1 - share) / counted)
    return float(np.clip(share + spread, 0.001, 0.5))
