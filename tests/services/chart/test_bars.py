"""Tasks an hour: work belongs to the hour in which it was seen, and none to a gap."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from batches.services.chart.bars import DAY, HOUR, bars_of, begin_of, width_of
from tests.support.samples import counted

NOON = 1_700_006_400 // DAY * DAY + 12 * HOUR


def bars(*samples: tuple[int, int], breaks: tuple[int, ...] = ()) -> list[tuple[int, int]]:
    """Hours after noon, and the tasks completed in each."""
    found = bars_of(
        [counted(NOON + at, done) for at, done in samples], breaks=breaks, width=HOUR, zone=UTC
    )
    return [((bar.at - NOON) // HOUR, bar.completed) for bar in found]


def test_a_step_counts_in_the_hour_in_which_it_was_seen():
    assert bars((0, 10), (60, 12), (3_599, 20), (3_661, 24)) == [(0, 10), (1, 4)]


def test_what_is_seen_on_the_hour_was_done_before_it():
    assert bars((60, 0), (3_600, 5)) == [(0, 5)]


def test_work_across_a_gap_belongs_to_no_hour():
    assert bars((0, 0), (60, 1), (9_000, 50), (9_060, 52), breaks=(2,)) == [(0, 1), (2, 2)]


def test_a_count_that_fell_is_no_work():
    assert bars((0, 9), (60, 2), (3_700, 4)) == [(0, 0), (1, 2)]


def test_an_unknown_count_is_not_none_done():
    samples = [counted(NOON, None), counted(NOON + 60, 40), counted(NOON + 120, 41)]
    assert [bar.completed for bar in bars_of(samples, breaks=(), width=HOUR, zone=UTC)] == [1]


def test_errors_are_counted_beside():
    samples = [counted(NOON, 1, error=0), counted(NOON + 60, 2, error=3)]
    assert bars_of(samples, breaks=(), width=HOUR, zone=UTC)[0][1:] == (1, 3, 60)


def test_the_speed_of_a_bar_is_that_of_the_time_in_which_it_was_watched():
    samples = [counted(NOON + 60 * n, n, error=n) for n in range(31)]
    half = bars_of(samples, breaks=(), width=HOUR, zone=UTC)[0]
    assert (half.watched, half.an_hour) == (1_800, 120)
    known = bars_of(samples, breaks=(), until=NOON + 2_700, width=HOUR, zone=UTC)[0]
    assert (known.watched, known.an_hour) == (2_700, 80)


def test_too_short_a_time_has_no_speed():
    samples = [counted(NOON + 60 * n, n) for n in range(9)]
    assert bars_of(samples, breaks=(), width=HOUR, zone=UTC)[0].an_hour is None


def test_a_gap_is_left_out_of_the_time_that_was_watched():
    samples = [counted(NOON + at, n) for n, at in enumerate((0, 600, 3_000, 3_600))]
    bar = bars_of(samples, breaks=(2,), width=HOUR, zone=UTC)[0]
    assert (bar.completed, bar.watched, bar.an_hour) == (2, 1_200, 6)


def test_tasks_that_were_sent_back_are_no_work_undone():
    samples = [counted(NOON, 900, status=4), counted(NOON + 1_800, 800), counted(NOON + 3_600, 804)]
    assert bars_of(samples, breaks=(), steps=(1,), width=HOUR, zone=UTC)[0].completed == 4


@pytest.mark.parametrize(
    ("days", "width"), [(1, HOUR), (7, HOUR), (9, 2 * HOUR), (60, 12 * HOUR), (9_999, 7 * DAY)]
)
def test_bars_are_as_wide_as_the_time_is_long(days: int, width: int):
    assert width_of(days * DAY) == width


def test_days_begin_at_the_readers_midnight():
    tokyo = ZoneInfo("Asia/Tokyo")
    assert begin_of(NOON, width=DAY, zone=UTC) == NOON - 12 * HOUR
    assert begin_of(NOON, width=DAY, zone=tokyo) == NOON - 21 * HOUR


@pytest.mark.parametrize(("old", "width"), [(179, HOUR), (181, 6 * HOUR)])
def test_of_thinned_samples_a_bar_is_wider_than_their_steps(old: int, width: int):
    assert width_of(6 * HOUR, old=old * DAY) == width
