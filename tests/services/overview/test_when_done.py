"""When several batches are all done: a range that holds the last end 8 times in 10."""

import random
from datetime import timedelta

import pytest

from batches.refonte import Counts
from batches.services.estimates.types import BatchEstimate
from batches.services.overview.types import OpenBatch, WhenDone
from batches.services.overview.when_done import when_done
from tests.support.clock import NOON

HOUR = timedelta(hours=1)
Ends = tuple[float, float, float]


def batch(number: int, ends: Ends | None, status: str = "in_progress") -> OpenBatch:
    estimate = None
    if ends:
        low, mid, high = (NOON + hours * HOUR for hours in ends)
        estimate = BatchEstimate(at=NOON, as_of=NOON, low=low, mid=mid, high=high)
    return OpenBatch(
        id=number,
        name=f"b{number}",
        project="kittens",
        status=status,
        created_at=NOON,
        counts=Counts(pending=70, completed=30),
        counts_at=NOON,
        total=100,
        left=70,
        estimate=estimate,
    )


def of(*ends: Ends | None) -> WhenDone:
    return when_done(batches=[batch(at, one) for at, one in enumerate(ends)], now=NOON)


def hours(found: WhenDone) -> tuple[float, float]:
    assert found.low
    assert found.high
    return (found.low - NOON) / HOUR, (found.high - NOON) / HOUR


def test_of_one_batch_it_is_its_own_range():
    assert hours(of((2, 4, 8))) == (2, 8)


def test_a_batch_that_is_surely_done_before_changes_nothing():
    assert hours(of((2, 4, 8), (20, 40, 80))) == (20, 80)


def test_several_that_are_late_for_themselves_move_the_late_end_alone():
    low, high = hours(of(*[(2.0, 4.0, 8.0)] * 10))
    assert low == 2
    assert 12 < high < 14  # the 0.9 ** (1 / 10) quantile of each


def test_batches_without_a_range_are_counted_with_their_tasks():
    found = of((2, 4, 8), None, None)
    assert (found.running, found.silent, found.left) == (3, 2, 140)


def test_without_any_estimate_there_is_none():
    assert (of(None).low, of(None).silent, of().running) == (None, 1, 0)


def test_what_is_in_staging_is_not_waited_for():
    found = when_done(batches=[batch(0, None, "staging"), batch(1, (1, 2, 4))], now=NOON)
    assert (found.running, found.silent) == (1, 0)


def test_a_range_that_has_begun_and_one_without_spread_are_counted_too():
    assert hours(of((0, 0, 1), (5, 5, 5))) == pytest.approx((5, 5), abs=0.01)


@pytest.mark.parametrize("together", [0.0, 0.5, 1.0])
def test_the_last_one_ends_in_it_at_least_8_times_in_10(together: float):
    """Ends drawn from what the ranges say; `together`: how far all are late for one reason."""
    chance = random.Random(1)
    ends = [(hour, 2 * hour, 4 * hour) for hour in (1.0, 2.0, 3.0, 3.0, 3.5)]
    low, high = hours(of(*ends))
    spread, rounds, inside = 0.5409, 4_000, 0  # ln 2 / 1.2816: a tenth is above twice the middle
    for _ in range(rounds):
        shared = chance.gauss(0, 1)
        luck = [together**0.5 * shared + (1 - together) ** 0.5 * chance.gauss(0, 1) for _ in ends]
        last = max(
            mid * 2.71828 ** (spread * one) for (_, mid, _), one in zip(ends, luck, strict=True)
        )
        inside += low <= last <= high
    assert inside / rounds >= 0.79
