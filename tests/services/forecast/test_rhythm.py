"""When an account works is learned from its batches."""

import numpy as np
import pytest

from batches.services.forecast.rhythm import cells_of, draws, rhythm_of, with_own
from tests.support.series import (
    DAY,
    HOUR,
    MONDAY,
    office_series,
    series_of,
    steady_series,
)

WORK = [day * 24 + hour for day in range(5) for hour in range(8, 16)]
REST = [hour for hour in range(168) if hour not in WORK]


def test_at_first_every_hour_has_some_work():
    weights = rhythm_of([]).weights
    assert weights.mean() == pytest.approx(1.0)
    assert weights.min() > 0.1


def test_office_hours_are_learned_from_one_week():
    rhythm = rhythm_of([cells_of(office_series(days=7, a_day=200, total=2000))])
    assert rhythm.weights[WORK].min() > 2.0
    assert rhythm.weights[REST].max() < 0.5


def test_work_around_the_clock_is_learned_from_one_week():
    rhythm = rhythm_of([cells_of(steady_series(hours=168, speed=10, total=2000))])
    assert rhythm.weights.min() > 0.6


def test_a_slow_batch_says_as_much_of_the_rhythm_as_a_fast_one():
    slow = cells_of(office_series(days=7, a_day=40, total=220))
    fast = cells_of(office_series(days=7, a_day=4000, total=22_000, since=MONDAY + 7 * DAY))
    weights = rhythm_of([slow, fast]).weights
    assert weights[WORK].min() > 2.0


def test_nothing_is_spread_over_a_gap():
    at = np.array([MONDAY, MONDAY + 10 * 60, MONDAY + 10 * HOUR, MONDAY + 10 * HOUR + 600])
    cells = cells_of(series_of(at, np.array([0.0, 5, 100, 105]), 1000))
    assert np.flatnonzero(cells.expected).tolist() == [0, 10]


def test_the_own_work_of_a_batch_counts_too():
    own = cells_of(office_series(days=4, a_day=200, total=2000))
    weights = with_own(rhythm_of([]), own).weights
    assert weights[8:16].min() > 2.0
    assert weights[16:24].max() < 0.5


def test_draws_are_weeks_of_mean_one_with_chances_that_sum_to_one():
    weeks, chances = draws(rhythm_of([]), 12)
    assert np.allclose(weeks.mean(axis=1), 1.0)
    assert weeks.min() > 0
    assert chances.sum() == pytest.approx(1.0)
