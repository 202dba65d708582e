"""When an account works is learned from its batches."""

import numpy as np
import pytest

from batches.services.forecast.rhythm import cells_of, draws, joined, rhythm_of, with_own
from tests.support.series import (
    DAY,
    HOUR,
    MONDAY,
    ended,
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


def test_a_batch_of_a_night_team_is_worked_on_at_night_whatever_its_account_does():
    days = [ended(office_series(days=12, a_day=400, total=3600)) for _ in range(40)]
    account = rhythm_of([cells_of(one) for one in days])
    at = MONDAY + 7 * DAY + np.arange(0, 4.5 * DAY, 600)
    day, second = np.divmod(at - MONDAY + 4 * HOUR, DAY)
    work = day * 8 + np.clip(second / HOUR, 0, 8)  # 20:00 to 4:00 UTC
    series = series_of(at, np.floor((work - work[0]) * 60), 9000)
    own = with_own(account, cells_of(series, account))
    by_hour = own.weights[:96].reshape(4, 24).mean(axis=0)
    night, office = by_hour[[21, 22, 23, 0, 1, 2]], by_hour[9:15]
    assert night.min() > 5 * office.max()
    like = with_own(account, cells_of(days[0], account))
    assert np.abs(like.weights - account.weights).max() < 0.3


def test_batches_in_progress_say_as_much_of_the_rhythm_as_finished_ones():
    first, second = (
        cells_of(office_series(days=days, a_day=a_day, total=9000))
        for days, a_day in ((7, 200), (3, 900))
    )
    found = joined(rhythm_of([first]), [second, cells_of(steady_series(hours=0, speed=1, total=9))])
    expected = rhythm_of([first, second])
    assert found.weights == pytest.approx(expected.weights, rel=0.01)
    assert found.chances == pytest.approx(expected.chances)


def test_without_a_batch_in_progress_the_rhythm_stays_as_it_is():
    rhythm = rhythm_of([cells_of(office_series(days=7, a_day=200, total=2000))])
    assert joined(rhythm, []) is rhythm


def test_of_many_batches_in_progress_those_that_say_most_are_used():
    night = [cells_of(office_series(days=0.5, a_day=3, total=9)) for _ in range(60)]
    day = cells_of(steady_series(hours=168, speed=10, total=2000))
    assert joined(rhythm_of([]), [day, *night]).weights.min() > 0.3
