"""Quantiles of the time left, as the estimator mixes them over possible weeks, and their slopes.

The coefficients are measured through this mixture: errors under one week alone would count the
doubt about the week twice, once in the spread and once in the mixture.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.quantiles import Z10, Coefficients, expected
from batches.services.forecast.types import Floats

# Times left for which work hours are known, as logarithms: a minute to 400 days.
LEFT = np.linspace(np.log(60.0), np.log(400 * 86_400.0), 160)
SPARSEST = 0.08  # of a distribution in a unit of log time: less, as at night, tells no slope
LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A case a row. chances: (n, weeks), 0 where there are fewer weeks.

    hours: (n, weeks, 161) log of the work hours from the newest sample to now, and to each of
        `LEFT` after now. expected: (n, weeks) log of tasks left / speed.
    features: (n, weeks, features). left: (n,) log of the true time left. weights: (n,).
    """

    chances: Floats
    hours: Floats
    expected: Floats
    features: Floats
    left: Floats
    weights: Floats

    def some(self, which: NDArray[np.int64]) -> "Rows":
        return Rows(**{one.name: getattr(self, one.name)[which] for one in fields(self)})


def together(parts: list[Rows]) -> Rows:
    names = [one.name for one in fields(Rows)]
    return Rows(**{name: np.concatenate([getattr(one, name) for one in parts]) for name in names})


class Mixture:
    """Of some rows, under given coefficients."""

    def __init__(self, rows: Rows, at: Coefficients) -> None:
        self.rows = rows
        low, mid, high = expected(rows.features, at)
        self.mid = rows.expected + mid
        self.below, self.above = (mid - low) / Z10, (high - mid) / Z10
        # given that it has not ended by now
        self.passed = self._share(rows.hours[:, :, 0])

    def quantile(self, level: float) -> Floats:
        """(n,) log of the time left."""
        return self._solve(level)[0]

    def slopes(self, level: float) -> tuple[Floats, Floats]:
        """The quantile, and (n, weeks, 3) what it gains for a unit of the middle of a week and of
        the logarithms of its spread below and above."""
        found, hours, density = self._solve(level)
        error = hours - self.mid
        side = np.where(error < 0, self.below, self.above)
        near = self.rows.chances * np.exp(-0.5 * (error / side) ** 2) * 0.39894228
        by_mid = near / side / density[:, None]
        by_side = near * error / side / density[:, None]
        sides = np.where(error < 0, by_side, 0), np.where(error < 0, 0, by_side)
        return found, np.stack([by_mid, *sides], axis=-1)

    def _solve(self, level: float) -> tuple[Floats, Floats, Floats]:
        """The quantile; (n, weeks) log work hours until then; (n,) density there."""
        wanted = self.passed + level * (1 - self.passed)
        first, last = np.ones(len(wanted), np.int64), np.full(len(wanted), len(LEFT))
        while (last - first).max() > 1:
            middle = (first + last) // 2
            is_later = self._share(self._hours(middle)) < wanted
            first, last = np.where(is_later, middle, first), np.where(is_later, last, middle)
        before, after = self._hours(first), self._hours(last)
        least, most = self._share(before), self._share(after)
        part = np.clip((wanted - least) / np.maximum(most - least, 1e-9), 0.0, 1.0)
        step = LEFT[1] - LEFT[0]
        hours = before + (after - before) * part[:, None]
        return LEFT[first - 1] + part * step, hours, np.maximum((most - least) / step, SPARSEST)

    def _hours(self, place: NDArray[np.int64]) -> Floats:
        found: Floats = np.take_along_axis(self.rows.hours, place[:, None, None], 2)[:, :, 0]
        return found

    def _share(self, hours: Floats) -> Floats:
        """(n,) how likely the end is by then."""
        error = hours - self.mid
        score = np.clip(error / np.where(error < 0, self.below, self.above), -8.0, 8.0)
        # the normal distribution, to 0.0002: numpy has none
        normal = 1 / (1 + np.exp(-score * (1.5957691 + 0.0713548 * score**2)))
        found: Floats = (self.rows.chances * normal).sum(axis=1)
        return found
