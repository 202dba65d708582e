"""What the coefficients are measured through: quantiles of a mixture of weeks."""

import numpy as np
import pytest

from batches.services.forecast.types import Floats
from tests.backtest.fit import cover, fit, scaled
from tests.backtest.mixture import LEFT, LEVELS, Mixture, Rows

HOURS = np.log((np.exp(LEFT) + 1.0) / 3600)
ROUND_THE_CLOCK = np.concatenate([[np.log(1 / 3600)], HOURS])


def rows_of(left: Floats, *, weeks: int = 1, faster: float = 0.0) -> Rows:
    """Batches that were to take a day; a second week has so much more work in each hour."""
    size = len(left)
    hours = np.stack([ROUND_THE_CLOCK + faster * week for week in range(weeks)])
    return Rows(
        chances=np.full((size, weeks), 1 / weeks),
        hours=np.tile(hours, (size, 1, 1)),
        expected=np.full((size, weeks), np.log(24.0)),
        features=np.ones((size, weeks, 1)),
        left=left,
        weights=np.ones(size),
    )


def test_the_middle_of_one_week_is_what_was_expected():
    mixture = Mixture(rows_of(np.zeros(1)), np.array([[0.0], [np.log(0.5)], [np.log(1.0)]]))
    found = [mixture.quantile(level)[0] for level in LEVELS]
    assert found == pytest.approx(np.log(86_400) + np.array([-0.5, 0.0, 1.0]), abs=0.02)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("level", LEVELS)
def test_slopes_are_those_of_the_quantile(place: int, level: float):
    rows, at = rows_of(np.zeros(1), weeks=2, faster=0.4), np.log([[1.1], [0.5], [0.7]])
    more, less = at.copy(), at.copy()
    more[place] += 0.2
    less[place] -= 0.2
    wanted = (Mixture(rows, more).quantile(level) - Mixture(rows, less).quantile(level)) / 0.4
    _, slopes = Mixture(rows, at).slopes(level)
    assert slopes[place].sum() == pytest.approx(wanted[0], abs=0.1)


def test_doubt_about_the_week_is_not_counted_as_spread_too():
    rng = np.random.default_rng(3)
    left = np.log(86_400) + rng.normal(0, 0.3, 400) - 1.0 * rng.integers(0, 2, 400)
    found = fit(rows_of(left, weeks=2, faster=1.0))
    assert np.exp(found[1:]) == pytest.approx(0.38, abs=0.15)


def test_ranges_are_scaled_until_they_cover_as_often_as_they_shall():
    left = np.log(86_400) + np.random.default_rng(3).normal(0, 0.5, 2000)
    rows, at = rows_of(left), np.log([[1.0], [0.3], [0.3]])
    assert cover(at, rows) < 0.6
    assert cover(scaled(at, rows), rows) == pytest.approx(0.81, abs=0.01)
