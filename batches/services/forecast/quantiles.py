"""Bias and spread of an estimate, linear in its features, and the quantiles between."""

import numpy as np

from batches.services.forecast.coefficients import HIGH, LOW, MID
from batches.services.forecast.types import Floats

MEASURED = np.stack([MID, LOW, HIGH])
LEVELS = np.arange(1, 40) / 40.0  # of the quantiles that stand for a distribution
Z10 = 1.2815515655446004
# standard normal quantiles of `LEVELS`: numpy has none
_HALF = (
    0.0, 0.0627, 0.1257, 0.1891, 0.2533, 0.3186, 0.3853, 0.4538, 0.5244, 0.5978,
    0.6745, 0.7554, 0.8416, 0.9346, 1.0364, 1.1503, 1.2816, 1.4395, 1.6449, 1.9600,
)  # fmt: skip
NORMAL = np.array([-z for z in reversed(_HALF[1:])] + list(_HALF))
LEAST = 0.08  # half of a range in log work time: no batch is surer


def expected(features: Floats, at: Floats = MEASURED) -> tuple[Floats, Floats, Floats]:
    """(..., weeks) the 10 %, 50 % and 90 % quantile of the log error in each week.

    features: (..., weeks, features). at: (3, features) coefficients.
    """
    mid = features @ at[0]
    low = np.maximum(np.exp(np.clip(features @ at[1], -4, 2)), LEAST)
    high = np.maximum(np.exp(np.clip(features @ at[2], -4, 2)), LEAST)
    return mid - low, mid, mid + high


def standard(scores: Floats, low: Floats, mid: Floats, high: Floats) -> Floats:
    """Standard scores as log errors. scores: (n,), others: (weeks,). (weeks, n)"""
    below, above = (mid - low) / Z10, (high - mid) / Z10
    sides = np.where(scores < 0, below[:, None], above[:, None])
    found: Floats = mid[:, None] + sides * scores
    return found


def weighted_quantiles(values: Floats, weights: Floats, levels: Floats) -> Floats:
    """Quantiles of a sample whose members count differently."""
    order = np.argsort(values)
    share = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(levels, share / weights.sum(), values[order])
