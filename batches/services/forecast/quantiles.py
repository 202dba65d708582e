"""Bias and spread of an estimate, as its features make them, and the quantiles between."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from batches.services.forecast import coefficients
from batches.services.forecast.types import Floats

LEVELS = (np.arange(40) + 0.5) / 40.0  # of the quantiles that stand for a distribution
NORMAL = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
Z10 = NormalDist().inv_cdf(0.9)
LEAST = 0.08  # half of a range in log work time: no batch is surer


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """by_feature: (features, 3 + bends) of the middle, of the logarithm of the distances below and
    above it, and of each bend. outer: (bends, 3) what a bend, from -1 to 1, adds to these three.

    A bend stands for what no sum can tell: that one feature counts where another is high.
    """

    by_feature: Floats
    outer: Floats


MEASURED = Coefficients(by_feature=coefficients.BY_FEATURE, outer=coefficients.OUTER)


def expected(features: Floats, at: Coefficients = MEASURED) -> tuple[Floats, Floats, Floats]:
    """(..., weeks) the 10 %, 50 % and 90 % quantile of the log error in each week.

    features: (..., weeks, features).
    """
    sums = features @ at.by_feature
    found = sums[..., :3] + np.tanh(sums[..., 3:]) @ at.outer
    mid = found[..., 0]
    low = np.maximum(np.exp(np.clip(found[..., 1], -4, 2)), LEAST)
    high = np.maximum(np.exp(np.clip(found[..., 2], -4, 2)), LEAST)
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
