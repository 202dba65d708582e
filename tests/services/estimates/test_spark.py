"""The line of a list: tasks in each of the last 24 hours, as far as somebody watched."""

from dataclasses import replace

import numpy as np
import pytest

from batches.services.estimates.spark import spark_of
from tests.support.series import HOUR, MINUTE, MONDAY, series_of, steady_series


@pytest.mark.parametrize(
    ("hours", "spark"),
    [
        (0, []),
        # less than half of an hour is too little to say something of it
        (0.3, []),
        (0.6, [60.0]),
        (3, [60.0, 60.0, 60.0]),
        (50, [60.0] * 24),
    ],
)
def test_it_has_an_hour_each_of_the_last_day_at_most(hours: float, spark: list[float]):
    found = spark_of(steady_series(hours=hours, speed=60, total=90_000))

    assert found == pytest.approx(spark, abs=1)


def test_an_hour_that_nobody_watched_is_no_hour_without_work():
    at = MONDAY + np.array([0, 30, 60, 200, 210, 240, 270, 300]) * MINUTE
    done = np.array([0, 10, 20, 60, 60, 60, 60, 60])

    found = spark_of(series_of(at, done, 100))

    # the fourth hour ends with the newest sample; a gap lies before it
    assert found == [pytest.approx(20.0), None, None, pytest.approx(0), pytest.approx(0)]


def test_nothing_known_is_no_line():
    nothing = series_of(np.zeros(0), np.zeros(0), 10)
    assert spark_of(nothing) == []
    one = steady_series(hours=0, speed=10, total=10)
    unknown = replace(one, completed=np.full(len(one.at), np.nan))
    assert spark_of(unknown) == []


def test_work_of_days_ago_is_not_in_it():
    at = MONDAY + np.arange(0, 72 * HOUR, 10 * MINUTE)
    done = np.minimum(at - MONDAY, 24 * HOUR) // 600

    assert spark_of(series_of(at, done, 1_000)) == [0.0] * 24
