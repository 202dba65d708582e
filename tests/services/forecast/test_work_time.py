"""Work time: nights have little of it, weeks repeat."""

import numpy as np
import pytest

from batches.services.forecast.work_time import WorkClock
from tests.support.series import DAY, HOUR, MONDAY


def office_week() -> np.ndarray:
    week = np.full((7, 24), 0.01)
    week[:5, 8:16] = 4.0
    return week.reshape(1, 168)


def hours_between(clock: WorkClock, start: float, end: float) -> float:
    return float(np.diff(clock.hours(np.array([start, end])))[0, 0])


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (MONDAY + 8 * HOUR, MONDAY + 16 * HOUR, 32.0),
        (MONDAY + 8.5 * HOUR, MONDAY + 9 * HOUR, 2.0),
        (MONDAY + 16 * HOUR, MONDAY + DAY + 8 * HOUR, 0.16),
        (MONDAY + 5 * DAY, MONDAY + 7 * DAY, 0.48),
        (MONDAY - 7 * DAY, MONDAY, 161.28),
    ],
)
def test_hours_count_as_the_week_has_them(start: float, end: float, hours: float):
    clock = WorkClock.of(office_week())
    assert hours_between(clock, start, end) == pytest.approx(hours)


def test_a_time_is_found_again_from_its_hours():
    clock = WorkClock.of(np.concatenate([office_week(), np.ones((1, 168))]))
    at = MONDAY + np.array([0.0, 8.25, 40.0, 130.0, 500.0]) * HOUR
    assert np.allclose(clock.when(clock.hours(at)), at, atol=1.0)
