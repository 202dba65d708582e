"""When a quiet batch counts as stalled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.services.forecast.rhythm import cells_of, rhythm_of
from batches.services.forecast.stall import quiet_of, steps_of
from batches.services.forecast.types import Rhythm, Series

HOUR, DAY = 3600.0, 86_400.0
MONDAY = 4 * DAY + 2_900 * 7 * DAY  # a Monday, 0:00 UTC
EVERY = 300.0


def watched(until: float, works: tuple[float, float], stops: float, total: float = 2000) -> Series:
    """From Monday on, 10 tasks an hour between two hours of weekdays, until it stops."""
    at = np.arange(MONDAY, until, EVERY)
    hour, day = (at - MONDAY) % DAY / HOUR, (at - MONDAY) // DAY % 7
    busy = (hour >= works[0]) & (hour < works[1]) & (day < 5) & (at < stops)
    done = np.floor(np.cumsum(busy) * 10 * EVERY / HOUR)
    nothing = np.zeros(len(at))
    return Series(
        at=at,
        status=np.full(len(at), 2),
        completed=done,
        error=nothing,
        cancelled=nothing,
        pending=total - done,
        total=np.full(len(at), total),
    )


def learned(works: tuple[float, float]) -> Rhythm:
    """Of an account with three finished batches."""
    whole = watched(MONDAY + 7 * DAY, works, np.inf, total=400)
    return rhythm_of([cells_of(whole)] * 3)


OFFICE, ALWAYS = (8.0, 17.0), (0.0, 24.0)
TUESDAY = MONDAY + DAY


@pytest.mark.parametrize(
    ("works", "stops", "now", "stalled"),
    [
        pytest.param(OFFICE, np.inf, TUESDAY + 12 * HOUR, False, id="people work"),
        pytest.param(OFFICE, np.inf, TUESDAY + 23 * HOUR, False, id="night"),
        pytest.param(OFFICE, np.inf, MONDAY + 6.5 * DAY, False, id="weekend"),
        pytest.param(OFFICE, TUESDAY + 10 * HOUR, TUESDAY + 15 * HOUR, True, id="since morning"),
        pytest.param(OFFICE, TUESDAY + 10 * HOUR, TUESDAY + 10.5 * HOUR, False, id="too early"),
        pytest.param(OFFICE, TUESDAY - 7 * HOUR, TUESDAY + 16 * HOUR, False, id="a holiday?"),
        pytest.param(OFFICE, TUESDAY - 7 * HOUR, TUESDAY + 38 * HOUR, True, id="no holiday"),
        pytest.param(ALWAYS, TUESDAY + 10 * HOUR, TUESDAY + 20 * HOUR, True, id="round the clock"),
    ],
)
def test_a_batch_is_stalled_if_people_work_and_nothing_is_done(
    works: tuple[float, float], stops: float, now: float, stalled: bool
) -> None:
    found = quiet_of(watched(now, works, stops), now=now, rhythm=learned(works))
    assert (found is not None and found.is_stalled) == stalled


def test_a_quiet_says_when_it_began_and_what_was_missed() -> None:
    now = TUESDAY + 15 * HOUR
    found = quiet_of(watched(now, OFFICE, TUESDAY + 10 * HOUR), now=now, rhythm=learned(OFFICE))
    assert found
    assert abs(found.since - (TUESDAY + 10 * HOUR)) < 2 * EVERY
    assert 30 < found.missed < 70  # ten an hour for five hours


def test_where_the_whole_account_rests_no_batch_is_stalled() -> None:
    now = TUESDAY + 15 * HOUR
    series = watched(now, ALWAYS, TUESDAY + 2 * HOUR)
    found = quiet_of(series, now=now, rhythm=learned(ALWAYS), others=[steps_of(series)])
    assert found
    assert found.account_rests
    assert not found.is_stalled


def test_a_batch_is_stalled_though_it_may_be_a_holiday_if_another_one_is_worked_on() -> None:
    now = TUESDAY + 16 * HOUR
    series, other = watched(now, OFFICE, TUESDAY - 7 * HOUR), watched(now, OFFICE, np.inf)
    found = quiet_of(series, now=now, rhythm=learned(OFFICE), others=[steps_of(other)])
    assert found
    assert found.is_stalled


def test_a_batch_that_nobody_looked_at_is_not_called_stalled() -> None:
    series = watched(TUESDAY + 15 * HOUR, OFFICE, TUESDAY + 10 * HOUR)
    assert quiet_of(series, now=TUESDAY + 16 * HOUR, rhythm=learned(OFFICE)) is None


def test_a_batch_without_samples_is_not_called_stalled() -> None:
    empty = watched(MONDAY, OFFICE, np.inf)
    assert quiet_of(empty, now=MONDAY, rhythm=rhythm_of([])) is None
    assert not len(steps_of(empty))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_series_has_an_answer(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 30))
    times = data.draw(st.lists(st.integers(0, 400_000), min_size=number, max_size=number))
    counts = st.lists(
        st.one_of(st.just(np.nan), st.floats(0, 500)), min_size=number, max_size=number
    )
    names = ("completed", "error", "cancelled", "pending", "total")
    series = Series(
        at=MONDAY + np.sort(np.array(times, float)),
        status=np.array(
            data.draw(st.lists(st.integers(0, 5), min_size=number, max_size=number)), np.int64
        ),
        **{name: np.array(data.draw(counts), float) for name in names},
    )
    now = MONDAY + max(times, default=0) + data.draw(st.integers(0, 10_000))
    found = quiet_of(series, now=now, rhythm=rhythm_of([]), others=[steps_of(series)])
    if found:
        assert MONDAY <= found.since <= now
        assert found.missed >= 0
        assert np.isfinite(found.level)
