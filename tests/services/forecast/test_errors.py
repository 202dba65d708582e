"""When errors of a batch count as growing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.services.forecast.errors import error_rise_of, errors_in
from batches.services.forecast.types import Series


def settled(fails: list[bool]) -> Series:
    """A sample a minute, one task each; the first sample is before any."""
    failed = np.cumsum([0, *fails]).astype(np.float64)
    number = np.arange(len(failed), dtype=np.float64)
    return Series(
        at=60 * number,
        status=np.full(len(number), 2),
        completed=number - failed,
        error=failed,
        cancelled=np.zeros(len(number)),
        pending=500 - number,
        total=np.full(len(number), 500.0),
    )


def every(number: int, tasks: int) -> list[bool]:
    """One of so many tasks fails."""
    return [place % number == number - 1 for place in range(tasks)]


PAST = [(6.0, 600.0)]


@pytest.mark.parametrize(
    ("fails", "past", "grows"),
    [
        pytest.param(every(100, 400), PAST, False, id="as usual"),
        pytest.param(every(10, 400), [(60.0, 600.0)], False, id="many, as usual"),
        pytest.param(every(100, 200) + every(3, 40), PAST, True, id="one of three now"),
        pytest.param(every(100, 200) + every(2, 8), PAST, False, id="four errors are few"),
        pytest.param(every(100, 150) + every(3, 40) + every(100, 310), PAST, False, id="over"),
        pytest.param([], PAST, False, id="nothing settled"),
        pytest.param(every(2, 60), (), False, id="as many from the start"),
    ],
)
def test_errors_grow_if_far_more_tasks_fail_than_usual(
    fails: list[bool], past: list[tuple[float, float]], grows: bool
) -> None:
    assert (error_rise_of(settled(fails), past=past) is not None) == grows


def test_a_rise_says_since_when_and_how_many() -> None:
    found = error_rise_of(settled(every(100, 200) + every(3, 40)), past=PAST)
    assert found
    assert 190 * 60 <= found.since <= 204 * 60
    assert 12 <= found.errors <= 15
    assert 0.005 < found.usual < 0.03


def test_a_batch_without_told_errors_has_none() -> None:
    series = settled(every(3, 60))
    unknown = Series(
        at=series.at,
        status=series.status,
        completed=series.completed,
        error=np.full(len(series.at), np.nan),
        cancelled=series.cancelled,
        pending=series.pending,
        total=series.total,
    )
    assert error_rise_of(unknown) is None
    assert errors_in(unknown) == (0.0, 0.0)


def test_errors_and_settled_tasks_are_counted() -> None:
    assert errors_in(settled(every(10, 100))) == (10.0, 100.0)


@given(fails=st.lists(st.booleans(), max_size=200))
def test_a_rise_is_never_of_more_errors_than_tasks(fails: list[bool]) -> None:
    found = error_rise_of(settled(fails))
    if found:
        assert 5 <= found.errors <= found.tasks <= len(fails)
        assert 0 < found.usual < 1
