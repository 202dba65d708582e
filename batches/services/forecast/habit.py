"""How wrong estimates of the project's finished batches were: they correct those to come."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from batches.services.forecast.types import Floats, Replay

OTHER_PROJECT = 0.1  # weight of a batch of another project
WIDTH = 0.12  # of a share: replays this near count
BETWEEN = 0.4  # spread of the mean errors of projects: what a mean is shrunk with
USUAL_SPREAD, USUAL_BATCHES = 0.6, 2.0  # of errors, before batches of the project tell
NEWEST = 60  # replays are enough
FARTHEST = 3.0  # an error beyond it is an accident, and counts as this


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """shift: mean log error near a share, shrunk to 0; the less, the more alike the errors are.

    spread: of these errors, shrunk to a usual one. weight: of the batches behind it.
    """

    shift: float
    spread: float
    weight: float


def habit_of(replays: Sequence[Replay], project: str, share: float) -> Habit:
    errors, weights = _near(replays, project, share)
    weight = float(weights.sum())
    total = float((errors * weights).sum())
    apart = float((weights * (errors - total / (weight + 1.0)) ** 2).sum())
    square = (apart + USUAL_BATCHES * USUAL_SPREAD**2) / (weight + USUAL_BATCHES)
    shift = total / (weight + square / BETWEEN**2)
    return Habit(shift=shift, spread=float(np.sqrt(square)), weight=weight)


def _near(replays: Sequence[Replay], project: str, share: float) -> tuple[Floats, Floats]:
    """An error a batch, of its replay nearest to this share; and how much the batch counts."""
    newest = list(replays)[-NEWEST:]
    if not newest:
        return np.zeros(0), np.zeros(0)
    shares = np.array([one.shares for one in newest])
    errors = np.array([one.errors for one in newest])
    near = np.exp(-0.5 * ((shares - share) / WIDTH) ** 2)
    near = np.where(np.isfinite(errors), near, 0.0)
    rows, nearest = np.arange(len(newest)), near.argmax(axis=1)
    own = np.array([1.0 if one.project == project else OTHER_PROJECT for one in newest])
    weight = near[rows, nearest] * own
    some = weight > 1e-3
    return np.clip(errors[rows, nearest][some], -FARTHEST, FARTHEST), weight[some]
