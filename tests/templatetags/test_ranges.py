"""A range of times to come: rounded by its distance, in the reader's zone, never backwards."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from batches.templatetags import ranges
from batches.templatetags.ranges import end_words, past_words, range_words

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
THURSDAY = datetime(2026, 11, 26, 14, 2, tzinfo=BERLIN)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)


def words_at(now: datetime, low: datetime, high: datetime, zone: ZoneInfo = BERLIN) -> str:
    with time_machine.travel(now, tick=False), timezone.override(zone):
        return range_words(low, high)


def hours(first: float, last: float) -> tuple[datetime, datetime]:
    return THURSDAY + timedelta(hours=first), THURSDAY + timedelta(hours=last)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        # today, to 5 minutes within two hours
        (0.6, 0.85, "today 14:35 – 14:55"),
        # low would be 14:00, which is over
        (0.01, 0.2, "today 14:05 – 14:15"),
        (0.01, 0.03, "today 14:05"),
        # to 15 minutes within twelve hours
        (5.8, 9.1, "today 19:45 – 23:15"),
        # from today into the night
        (5.8, 9.9, "today 19:45 – Fri 00:00"),
        # to 30 minutes within two days, then to hours
        (23.6, 28.4, "Fri 13:30 – 18:30"),
        (27.2, 55.6, "Fri 17:00 – Sat 22:00"),
        (47, 71.5, "Sat 13:00 – Sun 14:00"),
        # past three days only days
        (4 * 24 + 11, 7 * 24 - 1, "Tue 1 – Thu 3 Dec"),
        (73, 75, "Sun 29 Nov"),
        (80, 120, "Sun 29 Nov – Tue 1 Dec"),
        (3, 100, "today – Mon 30 Nov"),
        (35 * 24, 37 * 24, "Thu 31 Dec – Sat 2 Jan"),
        (190 * 24, 400 * 24, "Fri 4 Jun 2027 – Fri 31 Dec 2027"),
        (181 * 24, 182 * 24, "Wed 26 – Thu 27 May 2027"),
    ],
)
def test_a_range_is_rounded_by_its_distance(first: float, last: float, words: str):
    assert words_at(THURSDAY, *hours(first, last)) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "Fri 17:00 – Sat 22:00"),
        ("America/New_York", "Fri 11:00 – Sat 16:00"),
        # half hours and quarters of an hour apart: round on the reader's own clock
        ("Asia/Kolkata", "Fri 21:30 – Sun 03:00"),
        ("Asia/Kathmandu", "Fri 21:30 – Sun 03:00"),
        ("Pacific/Kiritimati", "Sat 06:00 – Sun 11:00"),
        ("Pacific/Pago_Pago", "Fri 05:00 – Sat 10:00"),
    ],
)
def test_times_and_days_are_those_of_the_readers_zone(zone: str, words: str):
    assert words_at(THURSDAY, *hours(27.2, 55.6), ZoneInfo(zone)) == words


def test_today_is_the_readers_today():
    now = datetime(2026, 11, 26, 23, 50, tzinfo=UTC)
    low, high = now + timedelta(minutes=21), now + timedelta(minutes=44)
    assert words_at(now, low, high, UTC_ZONE) == "Fri 00:10 – 00:35"
    assert words_at(now, low, high) == "today 01:10 – 01:35"


def test_at_the_turn_of_the_year_weekdays_are_enough_for_three_days():
    eve = datetime(2026, 12, 31, 20, tzinfo=BERLIN)
    assert words_at(eve, eve + timedelta(hours=2), eve + timedelta(hours=6)) == (
        "today 22:00 – Fri 02:00"
    )


def test_where_clocks_are_set_back_the_later_time_says_which_it_is():
    night = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)  # 01:00 in Berlin, summer time ends at 03:00
    low, high = night + timedelta(minutes=110), night + timedelta(minutes=135)
    assert words_at(night, low, high) == "today 02:50 CEST – 02:15 CET"
    # the same numbers twice
    low, high = night + timedelta(hours=1), night + timedelta(hours=2)
    assert words_at(night, low, high) == "today 02:00 CEST – 02:00 CET"


def test_where_clocks_are_set_forward_no_time_is_named_that_there_is_not():
    night = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # 01:30 in Berlin; 02:00 to 03:00 is left out
    low, high = night + timedelta(minutes=20), night + timedelta(minutes=50)
    assert words_at(night, low, high) == "today 01:50 CET – 03:20 CEST"


@pytest.mark.parametrize(
    ("hours_ahead", "words"), [(0.85, "14:55"), (55.6, "Sat 22:00"), (167, "Thu 3 Dec")]
)
def test_the_late_end_stands_alone(hours_ahead: float, words: str):
    with time_machine.travel(THURSDAY, tick=False), timezone.override(BERLIN):
        assert end_words(THURSDAY + timedelta(hours=hours_ahead)) == words


@pytest.mark.parametrize(
    ("hours_ago", "words"),
    [(2.4, "11:38"), (26.4, "Wed 11:38"), (14 * 24, "12 Nov"), (330 * 24, "31 Dec 2025")],
)
def test_a_time_that_is_over_has_the_day_it_needs(hours_ago: float, words: str):
    with time_machine.travel(THURSDAY, tick=False), timezone.override(BERLIN):
        assert past_words(THURSDAY - timedelta(hours=hours_ago)) == words


moments = st.integers(0, 2 * 366 * 86_400).map(
    lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)
waits = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=3)), st.timedeltas(timedelta(0), timedelta(days=9))
)


@given(now=moments, wait=waits, length=waits, zone=st.sampled_from(ZONES))
def test_rounding_keeps_a_range_after_now_in_order_and_as_wide(
    now: datetime, wait: timedelta, length: timedelta, zone: str
):
    low, high = now + wait, now + wait + length
    with time_machine.travel(now, tick=False), timezone.override(ZoneInfo(zone)):
        first, last = ranges._rounded_range(low, high, now)
        assert now <= first <= last
        assert high <= last
        assert re.search(r"\d", range_words(low, high))


def test_a_step_is_a_part_of_the_next_one():
    steps = [step for _, step in ranges.STEPS] + [ranges.COARSEST]
    for fine, coarse in product(steps, steps):
        assert fine >= coarse or not coarse % fine
