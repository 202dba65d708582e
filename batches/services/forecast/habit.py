"""How wrong estimates of the project's finished batches were: they correct those to come."""

from dataclasses import dataclass

import numpy as np

from batches.services.forecast.past import Past
from batches.services.forecast.replay import SHARES
from batches.services.forecast.types import Floats

OTHER_PROJECT = 0.1  # weight of a batch of another project
WIDTH = 0.12  # of a share: errors this near count
BETWEEN = 0.4  # spread of the mean errors of projects: what a mean is shrunk with
USUAL_SPREAD, USUAL_BATCHES = 0.6, 2.0  # of errors, before batches of the project tell
FEW_BATCHES = 0.5  # that did not grow, before those of the project tell
USUAL_REST = 0.5  # spread of the speeds at which batches of a project go on
FEWEST = 0.04  # batches: no mean is of less
FARTHEST = 3.0  # an error beyond it is an accident, and counts as this


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """shift: mean log error near a share, shrunk to 0; the less, the more alike the errors are.

    spread: of these errors, shrunk to a usual one. weight: of the batches behind it.
    """

    shift: float
    spread: float
    weight: float


def habit_of(past: Past, share: float, other: float = OTHER_PROJECT) -> Habit:
    """other: weight of a batch of another project; 1.0 for the habit of the account."""
    errors, weights = _near(past, past.errors, share, other)
    errors = np.clip(errors, -FARTHEST, FARTHEST)
    weight = float(weights.sum())
    total = float((errors * weights).sum())
    apart = float((weights * (errors - total / (weight + 1.0)) ** 2).sum())
    square = (apart + USUAL_BATCHES * USUAL_SPREAD**2) / (weight + USUAL_BATCHES)
    shift = total / (weight + square / BETWEEN**2)
    return Habit(shift=shift, spread=float(np.sqrt(square)), weight=weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """At which speed the project's batches went on from about this share to their end.

    log_speed: mean of the logarithms, in tasks an hour of work; 0 without a batch.
    spread: of these logarithms, shrunk to a usual one. weight: of the batches behind it.
    """

    log_speed: float
    spread: float
    weight: float

    @property
    def variance(self) -> float:
        """Of a next batch around it."""
        return float(self.spread**2 * (1.0 + 1.0 / max(self.weight, FEWEST)))


def rest_of(past: Past, share: float) -> Rest:
    speeds, weights = _near(past, past.rests, share, 0.0)
    weight = float(weights.sum())
    mean = float((speeds * weights).sum()) / max(weight, FEWEST)
    apart = np.clip(speeds - mean, -FARTHEST, FARTHEST)
    square = float((weights * apart**2).sum()) + USUAL_BATCHES * USUAL_REST**2
    spread = float(np.sqrt(square / (weight + USUAL_BATCHES)))
    return Rest(log_speed=mean, spread=spread, weight=weight)


def growth_of(past: Past, share: float) -> float:
    """log of how much the project's batches still grew from a share on, shrunk to none."""
    near = int(np.argmin(np.abs(SHARES - share)))
    grew = past.grew[past.own, near]
    return float(grew.sum() / (len(grew) + FEW_BATCHES))


def _near(past: Past, values: Floats, share: float, other: float) -> tuple[Floats, Floats]:
    """A value a batch, at its share nearest to this one; and how much the batch counts."""
    if not len(past.own):
        return np.zeros(0), np.zeros(0)
    near = np.exp(-0.5 * ((SHARES - share) / WIDTH) ** 2)
    near = np.where(np.isfinite(values), near, 0.0)
    rows, nearest = np.arange(len(near)), near.argmax(axis=1)
    weight = near[rows, nearest] * np.where(past.own, 1.0, other)
    some = weight > 1e-3
    return values[rows, nearest][some], weight[some]
