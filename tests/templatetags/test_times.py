"""One `<time>` element for every moment, in the reader's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

from batches.templatetags.times import FORMS, age_text, time, zone_sentence

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock, timezone.override(ZoneInfo("UTC")):
        yield clock


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (-5, "now"),
        (0.5, "now"),
        (1, "1 min"),
        (59, "59 min"),
        (60, "1 h"),
        (47 * 60 + 59, "47 h"),
        (48 * 60, "2 d"),
        (400 * 24 * 60, "400 d"),
    ],
)
def test_an_age_is_short(minutes: float, words: str):
    assert age_text(NOON - timedelta(minutes=minutes), NOON) == words


@pytest.mark.parametrize(
    ("form", "today", "yesterday"),
    [
        ("moment", "23 Nov 2026, 11:58", "22 Nov 2026, 11:58"),
        ("clock", "11:58", "22 Nov, 11:58"),
        ("seconds", "11:58:00", "22 Nov, 11:58:00"),
        ("running", "11:58:00", "22 Nov, 11:58:00"),
        ("stamp", "11:58:00", "22 Nov, 11:58:00"),
        ("age", "2 min", "24 h"),
        ("ago", "2 min ago", "24 h ago"),
        ("read", "11:58", "11:58"),
    ],
)
def test_each_form_has_its_words(form: str, today: str, yesterday: str):
    moment = NOON - timedelta(minutes=2)

    assert f">{today}</time>" in time(moment, form)
    assert f">{yesterday}</time>" in time(moment - timedelta(days=1), form)


def test_an_element_carries_its_moment_and_what_the_scripts_find_it_by():
    drawn = time(NOON - timedelta(hours=2), "ago")

    assert drawn == (
        '<time datetime="2026-11-23T10:00:00+00:00" data-age="ago"'
        ' title="23 Nov 2026, 10:00:00 UTC">2 h ago</time>'
    )
    assert ">just now</time>" in time(NOON, "ago")
    assert ' data-age="" ' in time(NOON, "age")
    assert " data-stamp-time data-clock " in time(NOON, "stamp")
    assert " data-clock " in time(NOON, "running")


def test_times_are_those_of_the_readers_zone():
    with timezone.override(ZoneInfo("Pacific/Kiritimati")):
        assert ">24 Nov 2026, 02:00</time>" in time(NOON)
        assert ">02:00</time>" in time(NOON, "clock")
        assert "02:00:00 +14" in time(NOON, "clock")
        assert ">23 Nov, 23:59</time>" in time(NOON - timedelta(minutes=121), "clock")
        assert ">23 Nov, 23:59:00</time>" in time(NOON - timedelta(minutes=121), "seconds")


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_time_is_a_word(form: str):
    assert time(None, form) == "unknown"
    assert time(None, form, "never") == "never"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(
    "never", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_time_at_the_end_of_time_is_drawn_in_every_zone(form: str, zone: str, never: datetime):
    with timezone.override(ZoneInfo(zone)):
        assert "<time" in time(never, form)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ("", "Times are in Asia/Tokyo."),
        ("Asia/Tokyo", "Days and times are in Asia/Tokyo."),
        ("UTC", "Days are in UTC, times in Asia/Tokyo."),
    ],
)
def test_a_page_names_the_zones_of_its_times_and_days(days: str, sentence: str):
    assert zone_sentence("Asia/Tokyo", days) == sentence


def test_a_time_is_drawn_in_every_template_without_loading():
    drawn = Template('{% time at "clock" %}').render(Context({"at": NOON}))

    assert drawn == time(NOON, "clock")
