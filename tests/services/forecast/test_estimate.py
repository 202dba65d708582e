"""The range, its speeds and its path."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.services.forecast import past
from batches.services.forecast.estimate import estimate
from batches.services.forecast.replay import replay
from batches.services.forecast.rhythm import cells_of, rhythm_of
from batches.services.forecast.types import Estimate, Series, Silence
from tests.support.series import (
    DAY,
    HOUR,
    MONDAY,
    ended,
    office_series,
    series_of,
    steady_series,
)

WEEK = 7 * DAY


def past_of(*batches: Series) -> dict[str, Any]:
    rhythm = rhythm_of([cells_of(one) for one in batches])
    return {"rhythm": rhythm, "replays": [replay(b, project="p") for b in batches]}


def range_of(series: Series, now: float, **past: Any) -> Estimate:
    found = estimate(series, now=now, project="p", **(past or {"rhythm": rhythm_of([])}))
    assert isinstance(found, Estimate)
    return found


def test_a_steady_batch_ends_when_its_speed_says():
    found = range_of(steady_series(hours=48, speed=10, total=960), MONDAY + 48 * HOUR).range
    assert found.low < MONDAY + 96 * HOUR < found.high


def test_work_left_on_friday_evening_waits_for_monday():
    past = past_of(*(ended(office_series(days=12, a_day=200, total=1900)) for _ in range(3)))
    friday = MONDAY + WEEK + 4 * DAY + 17 * HOUR
    series = office_series(days=4 + 17 / 24, a_day=200, total=1100, since=MONDAY + WEEK)
    found = range_of(series, friday, **past).range
    assert found.low > MONDAY + 2 * WEEK + 7 * HOUR
    assert found.mid < MONDAY + 2 * WEEK + 17 * HOUR


def test_batches_that_ended_alike_make_the_range_narrower():
    series = steady_series(hours=24, speed=10, total=480, since=MONDAY + 4 * WEEK)
    now = float(series.at[-1])
    alone = range_of(series, now).range
    past = past_of(*(ended(steady_series(hours=48, speed=10, total=480)) for _ in range(12)))
    known = range_of(series, now, **past).range
    assert known.high - known.low < alone.high - alone.low


def test_the_fan_is_flat_at_night_and_ends_with_all_tasks_done():
    past = past_of(*(ended(office_series(days=12, a_day=200, total=1900)) for _ in range(3)))
    series = office_series(days=1 + 17 / 24, a_day=200, total=1900, since=MONDAY + WEEK)
    found = range_of(series, float(series.at[-1]), **past)
    at, low, mid, high = found.path.T
    assert len(at) <= 60
    assert (np.diff(at) > 0).all()
    assert ((low <= mid) & (mid <= high)).all()
    assert found.path[-1].tolist() == [found.range.high, 1900, 1900, 1900]
    night = np.abs((at - MONDAY) % DAY - 12 * HOUR) > 5 * HOUR
    steps = np.diff(mid)[night[1:] & night[:-1]]
    assert len(steps) > 0
    assert steps.max() < 0.05 * np.diff(mid).max()


def test_speeds_are_tasks_an_hour_of_the_clock():
    series = steady_series(hours=72, speed=10, total=2000)
    speeds = range_of(series, float(series.at[-1])).speeds
    assert speeds.last_hour == pytest.approx(10, rel=0.2)
    low, usual, high = speeds.low, speeds.usual, speeds.high
    assert low is not None
    assert usual is not None
    assert high is not None
    assert low <= usual <= high


def test_a_batch_that_nobody_watched_has_no_speed():
    at = MONDAY + np.arange(10) * 6 * HOUR
    found = estimate(series_of(at, np.arange(10.0) * 60, 1000), now=at[-1], rhythm=rhythm_of([]))
    assert (found.speeds.last_hour, found.speeds.usual) == (None, None)


def test_no_speed_now_where_the_last_look_is_long_ago():
    series = steady_series(hours=48, speed=10, total=2000)
    found = range_of(series, float(series.at[-1]) + 2 * HOUR)
    assert found.speeds.last_hour is None
    assert found.speeds.usual is not None


def test_only_work_since_a_change_of_priority_counts():
    at = MONDAY + np.arange(0, 49 * HOUR, 600)
    fast = np.maximum(at - MONDAY - 24 * HOUR, 0) / HOUR * 40
    series = series_of(at, np.floor((at - MONDAY) / HOUR * 10 + fast), 3000)
    now = float(at[-1])
    rhythm = rhythm_of([])
    told = estimate(series, now=now, rhythm=rhythm, priority_changes=(MONDAY + DAY,))
    assert isinstance(told, Estimate)
    assert told.range.mid < range_of(series, now).range.mid


def test_minutes_after_a_change_of_priority_the_range_is_the_same():
    series = steady_series(hours=48, speed=60, total=6000)
    now, rhythm = float(series.at[-1]), rhythm_of([])
    before = range_of(series, now).range
    told = estimate(series, now=now, rhythm=rhythm, priority_changes=(now - 360,))
    assert isinstance(told, Estimate)
    assert told.range.mid - now == pytest.approx(before.mid - now, rel=0.1)


counts = st.one_of(st.integers(0, 30), st.integers(0, 100_000), st.just(float("nan")))


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    """Anything a database may hold: falls, unknown counts, gaps, equal times, other statuses."""
    size = draw(st.integers(0, 25))
    some = st.lists(counts, min_size=size, max_size=size)
    steps = draw(
        st.lists(st.sampled_from([0, 10, 60, 900, 7200, 90_000]), min_size=size, max_size=size)
    )
    arrays = [np.array(draw(some), np.float64) for _ in range(5)]
    if draw(st.booleans()):
        arrays[0] = np.sort(arrays[0])
    status = draw(st.lists(st.sampled_from([0, 1, 2, 2, 2, 3, 4, 5]), min_size=size, max_size=size))
    names = ("completed", "error", "cancelled", "pending", "total")
    return Series(
        at=MONDAY + np.cumsum(np.array(steps, np.float64)),
        status=np.array(status, np.int64),
        **dict(zip(names, arrays, strict=True)),
    )


@st.composite
def working_series(draw: st.DrawFn) -> Series:
    """A batch in progress that nobody would call odd."""
    size, speed = draw(st.integers(3, 200)), draw(st.floats(0.01, 1000))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    at = MONDAY + np.cumsum(rng.choice([60, 900, 7200, 90_000], size, p=[0.6, 0.3, 0.05, 0.05]))
    done = np.cumsum(rng.poisson(speed * np.diff(at, prepend=MONDAY) / HOUR)).astype(float)
    return series_of(at.astype(float), done, done[-1] + draw(st.integers(0, 10_000)))


def check(series: Series, found: Estimate | Silence, now: float) -> None:
    if isinstance(found, Silence):
        assert found.reason
        return
    assert now < found.range.low <= found.range.mid <= found.range.high < np.inf
    assert series.status[np.isfinite(series.completed)][-1] not in (4, 5)
    at, low, mid, high = found.path.T
    assert 2 <= len(at) <= 60
    assert np.isfinite(found.path).all()
    assert ((low <= mid + 1e-6) & (mid <= high + 1e-6)).all()


PAST = past_of(*(ended(office_series(days=12, a_day=200, total=1900)) for _ in range(3)))


@pytest.mark.slow
@pytest.mark.unmeasured
@settings(max_examples=2000)
@given(
    series=st.one_of(any_series(), working_series()),
    late=st.floats(0, 30 * DAY),
    knows=st.booleans(),
)
def test_every_series_has_a_range_after_now_or_a_reason(series: Series, late: float, knows: bool):
    now = float(series.at[-1] if len(series.at) else MONDAY) + late
    past = PAST if knows else {"rhythm": rhythm_of([])}
    check(series, estimate(series, now=now, project="p", **past), now)


@pytest.mark.slow
@pytest.mark.unmeasured
@settings(max_examples=400)
@given(series=any_series())
def test_every_batch_can_leave_its_cells_and_its_replay(series: Series):
    cells = cells_of(series)
    assert np.isfinite(cells.finished).all()
    left = replay(series, project="p")
    assert len(left.at) == len(left.recent) == len(left.done) == len(left.left) == 12
    found = past.past_of([left], "p", rhythm_of([cells]).weights)
    assert np.isfinite(found.speeds).all()
    assert np.isfinite(found.errors[np.isfinite(left.left)[None]]).all()
    assert (found.grew >= 0).all()
