import pytest

from batches.refonte import Deadline


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("batches.refonte.deadline.time.monotonic", lambda: now[0])
    return now


def test_a_deadline_counts_down_to_zero_and_no_further(clock: list[float]) -> None:
    deadline = Deadline(10)
    clock[0] += 4
    assert (deadline.total, deadline.remaining(), deadline.expired) == (10, 6, False)
    clock[0] += 7
    assert (deadline.remaining(), deadline.expired) == (0, True)


@pytest.mark.parametrize(("passed", "has_half"), [(0, True), (5, True), (5.1, False), (11, False)])
def test_half_of_it_is_left_until_half_of_it_has_passed(
    clock: list[float], passed: float, has_half: bool
) -> None:
    deadline = Deadline(10)
    clock[0] += passed
    assert deadline.has_half_left() is has_half


def test_a_deadline_says_what_is_left(clock: list[float]) -> None:
    assert repr(Deadline(2)) == "Deadline(2.000 of 2 s left)"
