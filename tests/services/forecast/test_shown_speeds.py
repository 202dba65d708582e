"""The speeds beside an estimate are those that were seen, and say where they come from."""

from typing import Any

import numpy as np
import pytest

from batches.services.forecast.estimate import estimate
from batches.services.forecast.replay import replay
from batches.services.forecast.rhythm import cells_of, rhythm_of
from batches.services.forecast.types import Series, Speeds
from tests.support.series import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    STAGING,
    ended,
    office_series,
    series_of,
    steady_series,
)

RHYTHM = rhythm_of([])


def speeds_of(series: Series, **past: Any) -> Speeds:
    known = {"rhythm": RHYTHM} | past
    return estimate(series, now=float(series.at[-1]) + 1, project="p", **known).speeds


def past_of(*batches: Series) -> dict[str, Any]:
    rhythm = rhythm_of([cells_of(one) for one in batches])
    return {"rhythm": rhythm, "replays": [replay(b, project="p") for b in batches]}


def watched(minutes: int, speed: float = 60, total: float = 900) -> Series:
    at = MONDAY + np.arange(minutes + 1) * MINUTE
    return series_of(at, np.floor((at - MONDAY) / HOUR * speed), total)


def test_a_batch_without_a_range_has_the_speed_that_was_seen():
    series = steady_series(hours=10, speed=12, total=200)
    grows = np.where(series.at < series.at[-1] - HOUR, 150.0, 200.0)
    found = speeds_of(Series(**{n: getattr(series, n) for n in NAMES} | {"total": grows}))
    assert (found.last_hour, found.seconds) == (12, HOUR)


NAMES = ("at", "status", "completed", "error", "cancelled", "pending", "total")


@pytest.mark.parametrize(("minutes", "speed"), [(4, None), (9, None), (10, 60), (20, 60), (90, 60)])
def test_a_speed_needs_ten_minutes(minutes: int, speed: float | None):
    found = speeds_of(watched(minutes))
    assert found.last_hour == (speed and pytest.approx(speed))
    assert found.seconds == min(minutes * MINUTE, HOUR)


def test_time_in_staging_is_not_part_of_the_last_hour():
    series = watched(90, speed=0)
    series.status[:71] = STAGING
    series.completed[71:] = np.arange(20)
    found = speeds_of(series)
    assert found.seconds == 19 * MINUTE
    assert found.last_hour == pytest.approx(60)


def test_a_usual_speed_is_no_higher_than_any_hour_that_was_seen():
    past = past_of(*(ended(steady_series(hours=20, speed=50, total=1000)) for _ in range(3)))
    at = MONDAY + np.arange(0, 6 * HOUR, MINUTE)
    found = speeds_of(series_of(at, np.floor((at - MONDAY) / HOUR), 12), **past)
    assert found.usual is not None
    assert found.usual <= 1.1
    assert not found.is_of_project


def test_an_hour_that_was_mostly_in_staging_is_no_measure_of_a_usual_one():
    past = past_of(*(ended(steady_series(hours=20, speed=50, total=1000)) for _ in range(3)))
    series = watched(90, speed=0)
    series.status[:76] = STAGING
    series.completed[76:] = np.arange(15)
    series.pending[76:] = 900.0 - np.arange(15)
    found = speeds_of(series, **past)
    assert found.usual is not None
    assert found.usual > 40


def test_without_work_of_its_own_a_batch_has_the_speed_of_earlier_ones():
    past = past_of(*(ended(steady_series(hours=20, speed=50, total=1000)) for _ in range(3)))
    found = speeds_of(watched(5, speed=0), **past)
    assert found.is_of_project
    assert found.usual == pytest.approx(50, rel=0.5)


def test_the_range_of_speeds_is_that_of_the_hours_in_which_people_work():
    past = past_of(*(ended(office_series(days=12, a_day=400, total=3600)) for _ in range(3)))
    series = office_series(days=9 + 0.7, a_day=400, total=9000, since=MONDAY + 7 * DAY)
    found = speeds_of(series, **past)
    low, usual, high = found.low, found.usual, found.high
    assert [low, usual, high] == pytest.approx([50, 50, 50], rel=0.15)


def test_a_change_of_priority_is_told_where_the_speeds_differ_from_before():
    at = MONDAY + np.arange(0, 49 * HOUR, 600)
    fast = np.maximum(at - MONDAY - 24 * HOUR, 0) / HOUR * 40
    changed = series_of(at, np.floor((at - MONDAY) / HOUR * 10 + fast), 3000)
    told = speeds_of(changed, priority_changes=(MONDAY + DAY,))
    untold = speeds_of(changed)
    assert (told.priority_at, untold.priority_at) == (MONDAY + DAY, None)
    steady = steady_series(hours=48, speed=10, total=960)
    assert speeds_of(steady, priority_changes=(MONDAY + DAY,)).priority_at is None
