"""Samples as they came to a course of work: finished tasks over time, and what is left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.types import Floats, Series

SKEW = 20 * 60  # seconds in which a fall of clock skew heals
# A sample is kept every 15 minutes even where nothing changed: two missed ones are a gap.
GAP = 35 * 60
ENDED = (4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """at: (n,) seconds. finished: (n,) tasks completed, failed or cancelled by then.

    steps: (n-1,) tasks finished between two samples, never below 0. watched: (n-1,) whether
        someone looked at least every 35 minutes between them.
    total: (n,) tasks of the batch; at least what is finished. left: tasks left at the last
        sample, with those that will come back. status: (n,).
    """

    at: Floats
    finished: Floats
    steps: Floats
    watched: NDArray[np.bool_]
    total: Floats
    left: float
    returned: float
    status: NDArray[np.int64]


def tidy(series: Series) -> Course:
    """The samples with known counts, in order of time, without falls that heal at once."""
    finished, total = _finished(series), _total(series)
    known = np.flatnonzero(np.isfinite(finished) & np.isfinite(series.at))
    order = known[np.argsort(series.at[known], kind="stable")]
    at, finished = series.at[order], finished[order]
    sound = ~_skewed(at, finished)
    at, finished, order = at[sound], finished[sound], order[sound]
    total = np.maximum(_filled(total[order]), finished)
    steps = np.diff(finished)
    gains = np.maximum(steps, 0.0)
    # more than half would never end, and is a mistake of someone's rather than rework
    rate = min(0.5, -np.minimum(steps, 0.0).sum() / max(1.0, gains.sum()))
    left = float(total[-1] - finished[-1]) if len(at) else 0.0
    return Course(
        at=at,
        finished=finished,
        steps=gains,
        watched=np.diff(at) <= GAP,
        total=total,
        left=left / (1.0 - rate),
        returned=float(rate),
        status=series.status[order],
    )


def cut(series: Series, until: int) -> Series:
    """The first `until` samples."""
    names = ("at", "status", "completed", "error", "cancelled", "pending", "total")
    return Series(**{name: getattr(series, name)[:until] for name in names})


def _finished(series: Series) -> Floats:
    """nan where the completed tasks are not known; other counts that are not known are 0."""
    other = np.nan_to_num(series.error) + np.nan_to_num(series.cancelled)
    found: Floats = np.maximum(series.completed, 0.0) + other
    return found


def _total(series: Series) -> Floats:
    return np.where(np.isfinite(series.total), series.total, _finished(series) + series.pending)


def _filled(values: Floats) -> Floats:
    """Unknown numbers take the one before; the first ones that of the first known."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) == 0:
        return np.zeros_like(values)
    before = np.searchsorted(known, np.arange(len(values)), side="right") - 1
    return values[known[np.maximum(before, 0)]]


def _skewed(at: Floats, finished: Floats) -> NDArray[np.bool_]:
    """Samples below an earlier one that is reached again within `SKEW` seconds."""
    highest = np.maximum.accumulate(finished) if len(finished) else finished
    skewed = finished < highest
    if not skewed.any():
        return skewed
    for one in np.flatnonzero(skewed):
        later = slice(one, np.searchsorted(at, at[one] + SKEW, side="right"))
        skewed[one] = bool((finished[later] >= highest[one]).any())
    return skewed
