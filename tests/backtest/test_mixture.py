"""What the coefficients are measured through: quantiles of a mixture of weeks."""

from dataclasses import replace
from pathlib import Path
from runpy import run_path

import numpy as np
import pytest

from batches.services.forecast.features import NAMES
from batches.services.forecast.quantiles import Coefficients, expected
from batches.services.forecast.types import Floats
from tests.backtest.fit import as_module, beyond, fit, scaled
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


def measured(*of_three: float) -> Coefficients:
    return Coefficients(by_feature=np.array([of_three]), outer=np.zeros((0, 3)))


def spreads(at: Coefficients) -> Floats:
    low, mid, high = (one[0] for one in expected(np.ones((1, 1)), at))
    return np.array([mid - low, high - mid])


def test_the_middle_of_one_week_is_what_was_expected():
    mixture = Mixture(rows_of(np.zeros(1)), measured(0.0, np.log(0.5), np.log(1.0)))
    found = [mixture.quantile(level)[0] for level in LEVELS]
    assert found == pytest.approx(np.log(86_400) + np.array([-0.5, 0.0, 1.0]), abs=0.02)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("level", LEVELS)
def test_slopes_are_those_of_the_quantile(place: int, level: float):
    rows, at = rows_of(np.zeros(1), weeks=2, faster=0.4), np.log([1.1, 0.5, 0.7])
    more, less = at.copy(), at.copy()
    more[place] += 0.2
    less[place] -= 0.2
    ends = [Mixture(rows, measured(*one)).quantile(level) for one in (more, less)]
    _, slopes = Mixture(rows, measured(*at)).slopes(level)
    assert slopes[..., place].sum() == pytest.approx((ends[0] - ends[1])[0] / 0.4, abs=0.1)


def test_doubt_about_the_week_is_not_counted_as_spread_too():
    rng = np.random.default_rng(3)
    left = np.log(86_400) + rng.normal(0, 0.3, 400) - 1.0 * rng.integers(0, 2, 400)
    found = fit(rows_of(left, weeks=2, faster=1.0), bends=1, steps=400)
    assert spreads(found) == pytest.approx(0.38, abs=0.15)


def test_a_bend_finds_what_no_sum_of_features_tells():
    rng = np.random.default_rng(3)
    signs = rng.choice([-1.0, 1.0], (2000, 2))
    left = np.log(86_400) + signs[:, 0] * signs[:, 1] + rng.normal(0, 0.1, 2000)
    rows = rows_of(left)
    some = np.concatenate([np.ones((2000, 1)), signs], axis=1)[:, None]
    found = fit(replace(rows, features=some), bends=6, steps=600)
    mid = expected(np.array([[[1.0, a, b]] for a in (-1, 1) for b in (-1, 1)]), found)[1]
    assert mid[:, 0] == pytest.approx([1.0, -1.0, -1.0, 1.0], abs=0.3)


def test_ranges_are_scaled_until_as_many_end_before_as_after():
    left = np.log(86_400) + np.random.default_rng(3).normal(0, 0.5, 2000)
    rows, at = rows_of(left), measured(0.1, np.log(0.3), np.log(0.3))
    before, after = beyond(at, rows)
    assert before > after > 0.15
    assert beyond(scaled(at, rows), rows) == pytest.approx((0.1, 0.1), abs=0.01)


def test_the_coefficients_are_read_as_they_were_written(tmp_path: Path):
    at = Coefficients(by_feature=np.full((len(NAMES), 5), 0.25), outer=np.full((2, 3), -1.5))
    written = tmp_path / "written.py"
    written.write_text(as_module(at), "utf-8")
    found = run_path(str(written))
    assert (found["BY_FEATURE"] == at.by_feature).all()
    assert (found["OUTER"] == at.outer).all()
