"""When a batch counts as left in staging."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.services.forecast.rhythm import rhythm_of
from batches.services.forecast.staging import staged_of, time_in_staging
from batches.services.forecast.types import Series

HOUR = 3600.0
STEADY = rhythm_of([])


def staged(hours: float, *, grew_at: float = 0.0, started_at: float = np.inf) -> Series:
    """A sample an hour; 50 tasks more come at one time."""
    at = np.arange(0.0, hours + 1) * HOUR
    total = np.where(at >= grew_at * HOUR, 100.0, 50.0)
    return Series(
        at=at,
        status=np.where(at >= started_at * HOUR, 2, 1),
        completed=np.zeros(len(at)),
        error=np.zeros(len(at)),
        cancelled=np.zeros(len(at)),
        pending=total,
        total=total,
    )


@pytest.mark.parametrize(
    ("hours", "grew_at", "past", "filling", "left"),
    [
        (10, 0, [], True, False),
        (20, 0, [], False, False),  # not older than the setting
        (30, 0, [], False, True),
        (30, 25, [], True, False),
        (60, 25, [], False, True),
        (60, 0, [50.0, 40.0, 45.0, 48.0], False, False),  # usual in the project
        (90, 0, [50.0, 40.0, 45.0, 48.0], False, True),
        (60, 0, [30.0], False, False),  # one of the past says little
    ],
)
def test_a_batch_is_left_in_staging_if_it_waits_far_longer_than_usual(
    hours: float, grew_at: float, past: list[float], filling: bool, left: bool
) -> None:
    found = staged_of(
        staged(hours, grew_at=grew_at),
        now=hours * HOUR,
        created_at=0.0,
        rhythm=STEADY,
        past=[one * HOUR for one in past],
        staging_hours=24,
    )
    assert found
    assert (found.is_filling, found.is_left) == (filling, left)


def test_a_batch_that_is_worked_on_is_not_in_staging() -> None:
    started = staged(30, started_at=5)
    assert not staged_of(started, now=30 * HOUR, created_at=0, rhythm=STEADY, staging_hours=24)


@pytest.mark.parametrize(("started_at", "expected"), [(5, 5 * HOUR), (np.inf, None), (0, None)])
def test_the_time_in_staging_is_known_where_its_end_was_seen(
    started_at: float, expected: float | None
) -> None:
    assert time_in_staging(staged(30, started_at=started_at), created_at=0.0) == expected


@given(hours=st.integers(0, 200), past=st.lists(st.floats(0, 1e6), max_size=8))
def test_a_batch_is_never_left_and_filling_at_once(hours: int, past: list[float]) -> None:
    found = staged_of(
        staged(hours), now=hours * HOUR, created_at=0, rhythm=STEADY, past=past, staging_hours=1
    )
    assert found
    assert not (found.is_left and found.is_filling)
    assert not found.is_left or hours * HOUR > found.usual
