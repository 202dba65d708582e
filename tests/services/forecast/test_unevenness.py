"""What tells a calm batch from a wild one."""

import numpy as np
import pytest

from batches.services.forecast.features import NAMES
from batches.services.forecast.outlook import look
from batches.services.forecast.rhythm import rhythm_of
from batches.services.forecast.speed import Worked, worked_course
from batches.services.forecast.tidy import tidy
from batches.services.forecast.types import Series
from batches.services.forecast.unevenness import longest_quiet, quiet_hours
from batches.services.forecast.work_time import WorkClock
from tests.support.series import DAY, HOUR, MONDAY, series_of, steady_series

ALL_DAY = WorkClock.of(np.ones((1, 168)))


def with_stall(hours: float) -> Series:
    """10 tasks an hour for a day, nothing for so long, and a day more."""
    at = MONDAY + np.arange(0, 2 * DAY + hours * HOUR + 1, 600)
    worked = np.minimum(at - MONDAY, DAY) + np.maximum(at - MONDAY - DAY - hours * HOUR, 0)
    return series_of(at, np.floor(worked / HOUR * 10), 1000)


def worked_of(series: Series) -> Worked:
    return worked_course(tidy(series), ALL_DAY)


def test_every_feature_has_its_name():
    seen = look(tidy(steady_series(hours=48, speed=10, total=960)), rhythm_of([]), [], "p")
    assert seen.features.shape == (len(seen.chances), len(NAMES))
    assert len(set(NAMES)) == len(NAMES)
    assert np.isfinite(seen.features).all()


@pytest.mark.parametrize(("hours", "share"), [(0, 0.0), (24, 1 / 3), (96, 2 / 3)])
def test_a_stall_is_the_longest_quiet(hours: float, share: float):
    found = longest_quiet(worked_of(with_stall(hours)))
    assert 1 - np.exp(-found[0]) == pytest.approx(share, abs=0.02)


def test_a_batch_without_a_completion_has_no_quiet_between_two():
    nothing = series_of(MONDAY + np.arange(4) * 600, np.zeros(4), 10)
    assert longest_quiet(worked_of(nothing))[0] >= 0


def test_a_quiet_begins_with_the_last_completion_or_new_task():
    at = MONDAY + np.arange(0, 13) * HOUR
    series = series_of(at, np.minimum(np.arange(13), 4) * 10.0, 100)
    assert quiet_hours(tidy(series), worked_of(series))[0] == pytest.approx(8)
    series.total[7:] = 120
    assert quiet_hours(tidy(series), worked_of(series))[0] == pytest.approx(5)
