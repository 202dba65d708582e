"""Nights and weekends, from the hours of the week in which little is done."""

from batches.services.chart.quiet import quiet_between
from tests.support.samples import DAY

MONDAY = 4 * DAY  # the first one since 1970
HOUR = 3_600
NIGHTS = frozenset(hour for hour in range(168) if hour % 24 < 8)


def test_hours_side_by_side_are_one_time():
    found = list(quiet_between(MONDAY, MONDAY + 2 * DAY, hours=NIGHTS))
    assert found == [(MONDAY, MONDAY + 8 * HOUR), (MONDAY + DAY, MONDAY + DAY + 8 * HOUR)]


def test_a_night_is_cut_at_both_ends_of_the_axis():
    start, end = MONDAY + 2 * HOUR + 5, MONDAY + 3 * HOUR + 7
    assert list(quiet_between(start, end, hours=NIGHTS)) == [(start, end)]


def test_the_hours_are_those_of_the_week():
    sunday = frozenset(range(144, 168))
    assert list(quiet_between(MONDAY, MONDAY + 9 * DAY, hours=sunday)) == [
        (MONDAY + 6 * DAY, MONDAY + 7 * DAY)
    ]


def test_an_unknown_rhythm_and_a_very_long_time_have_none():
    assert list(quiet_between(MONDAY, MONDAY + DAY, hours=())) == []
    assert list(quiet_between(MONDAY, MONDAY + 61 * DAY, hours=NIGHTS)) == []
