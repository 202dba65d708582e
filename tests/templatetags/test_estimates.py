"""An estimate in words: a range, or the reason why there is none."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from batches.services.estimates.types import BatchEstimate
from batches.services.forecast.reasons import Reason
from batches.templatetags.estimates import (
    WORDS,
    estimate_done,
    estimate_speed,
    seen_for,
    speed_figure,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 14, 2, tzinfo=BERLIN)
RANGE = BatchEstimate(
    at=NOW - timedelta(minutes=2),
    as_of=NOW - timedelta(minutes=2),
    low=NOW + timedelta(hours=27),
    mid=NOW + timedelta(hours=40),
    high=NOW + timedelta(hours=55.6),
    speed=44.2,
    usual_speed=43,
    low_speed=39.1,
    high_speed=51.7,
)
# Monday to Friday 8:00 to 18:00 UTC are hours of work.
OFFICE = frozenset(h for h in range(168) if h >= 120 or not 8 <= h % 24 < 18)
NIGHT_SHIFT = frozenset(h for h in range(168) if 6 <= h % 24 < 20)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False), timezone.override(BERLIN):
        yield


def silent(reason: Reason, minutes_ago: float | None = None, **facts: Any) -> BatchEstimate:
    since = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)
    return BatchEstimate(at=NOW, as_of=NOW, reason=reason, since=since, **facts)


def test_a_range_stands_with_the_speed_behind_it():
    done = estimate_done(RANGE, NOW, quiet_hours=OFFICE)
    assert (done.label, done.words) == ("Done, 8 times in 10", "Fri 17:00 – Sat 22:00")
    assert done.note == "at 39–52 tasks an hour when they work"
    assert done.has_range
    assert done.short == done.words


@pytest.mark.parametrize(
    ("quiet_hours", "end"),
    [(OFFICE, " when they work"), (NIGHT_SHIFT, " when they work"), (frozenset(), "")],
)
def test_the_speed_is_that_of_the_hours_in_which_people_work(quiet_hours: frozenset[int], end: str):
    note = estimate_done(RANGE, quiet_hours=quiet_hours).note
    assert note == f"at 39–52 tasks an hour{end}"


def test_a_speed_that_a_priority_changed_says_so():
    told = replace(RANGE, priority_at=NOW - timedelta(hours=2))
    note = "at 39–52 tasks an hour since the priority of 12:02"
    assert estimate_done(told).note == note


def test_a_range_without_work_of_its_own_says_where_its_speed_comes_from():
    told = replace(RANGE, is_of_project=True, low_speed=7.4, high_speed=7.4, usual_speed=7.4)
    assert estimate_done(told).note == "as earlier batches of the project: 7.4 an hour"
    speed = estimate_speed(told)
    assert speed is not None
    assert speed.note == "in the last hour, earlier batches 7.4"


@pytest.mark.parametrize(
    ("seconds", "note"),
    [(3600, "in the last hour"), (3400, "in the last hour"), (1230, "in the last 20 minutes")],
)
def test_a_speed_says_of_how_long_it_is(seconds: int, note: str):
    speed = estimate_speed(replace(RANGE, usual_speed=None, speed_seconds=seconds))
    assert speed is not None
    assert speed.note == note


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (3600, ""),
        (250, "seen in progress for 4 minutes"),
        (70, "seen in progress for 1 minute"),
    ],
)
def test_an_unknown_speed_says_how_short_a_batch_was_seen(seconds: int | None, words: str):
    assert seen_for(replace(RANGE, speed=None, speed_seconds=seconds)) == words


@pytest.mark.parametrize(
    ("minutes", "is_stale", "note"),
    [
        (2, False, "at 39–52 tasks an hour"),
        (6, False, "at 39–52 tasks an hour"),
        (8, False, "as estimated at 13:54"),
        (26 * 60, False, "as estimated at Wed 12:02"),
        (2, True, "as estimated at 14:00:00"),
        (26 * 60, True, "as estimated at Wed 12:02"),
    ],
)
def test_an_estimate_older_than_the_numbers_beside_it_says_so(
    minutes: int, is_stale: bool, note: str
):
    estimate = replace(RANGE, at=NOW - timedelta(minutes=minutes))
    assert estimate_done(estimate, NOW, is_stale).note == note


@pytest.mark.parametrize(
    ("estimate", "words", "note"),
    [
        (silent(Reason.FEW_SAMPLES, 12), "No estimate yet", "12 minutes of history"),
        (silent(Reason.FEW_SAMPLES, 1), "No estimate yet", "1 minute of history"),
        (silent(Reason.FEW_SAMPLES, 0), "No estimate yet", "0 minutes of history"),
        (silent(Reason.FEW_DONE, 5 * 60), "No estimate yet", "5 hours of history"),
        (silent(Reason.FEW_DONE, 3 * 1440), "No estimate yet", "3 days of history"),
        (silent(Reason.FEW_DONE), "No estimate yet", "too few tasks done"),
        (silent(Reason.GROWING), "Still growing", "no estimate while tasks arrive"),
        (
            silent(Reason.QUIET, 142, usual_speed=30),
            "Stalled since 11:40",
            "usually one every 2 minutes",
        ),
        (silent(Reason.QUIET, 26 * 60), "Stalled since Wed 12:02", ""),
        (silent(Reason.QUIET), "Stalled", ""),
        (silent(Reason.NOT_WATCHED, 42), "No estimate", "not watched since 13:20"),
        (silent(Reason.NOT_WATCHED), "No estimate", "not watched since 14:02"),
        (silent(Reason.UNSURE), "No estimate yet", "too uncertain to give a range"),
        (silent(Reason.PAUSED, 42), "Paused since 13:20", "no estimate while paused"),
        (silent(Reason.PAUSED), "Paused", "no estimate while paused"),
        (silent(Reason.NOTHING_LEFT, 5), "All tasks done", "not closed by Refonte yet"),
        (silent(Reason.NOT_STARTED), "Not started", "in staging"),
        (silent(Reason.ENDED), "Ended", ""),
        (None, "No estimate yet", ""),
        (BatchEstimate(at=NOW, as_of=NOW), "No estimate yet", ""),
    ],
)
def test_without_a_range_the_reason_stands_there(
    estimate: BatchEstimate | None, words: str, note: str
):
    done = estimate_done(estimate, NOW)
    assert (done.label, done.words, done.note) == ("Done (estimate)", words, note)
    assert not done.has_range


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_words(reason: Reason):
    done = WORDS[reason](silent(reason, 5))
    assert done.words
    assert done.short in {"no estimate", "no estimate yet", "all done", "–"}
    assert done.tone == ("bad" if reason is Reason.QUIET else "")


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (360, "usually 6 a minute"),
        (60, "usually one a minute"),
        (30, "usually one every 2 minutes"),
        (0.5, "usually one every 2 hours"),
        (0.01, "usually one every 4 days"),
    ],
)
def test_a_stalled_batch_says_what_is_usual(speed: float, words: str):
    assert estimate_done(silent(Reason.QUIET, 142, usual_speed=speed)).note == words


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (1204.4, "1,204"),
        (44.2, "44"),
        (9.96, "10"),
        (9.94, "9.9"),
        (2.04, "2"),
        (0.4, "0.4"),
        (0.02, "under 0.1"),
        (0, "0"),
    ],
)
def test_a_speed_has_as_many_digits_as_it_is_worth(speed: float, words: str):
    assert speed_figure(speed) == words


def test_the_speed_of_the_last_hour_stands_beside_the_usual_one():
    speed = estimate_speed(RANGE)
    assert speed is not None
    assert (speed.words, speed.unit, speed.note) == ("44", "an hour", "in the last hour, usual 43")
    alone = estimate_speed(replace(RANGE, usual_speed=None))
    assert alone is not None
    assert alone.note == "in the last hour"


def test_where_nobody_watched_there_is_no_speed():
    assert estimate_speed(None) is None
    assert estimate_speed(replace(RANGE, speed=None)) is None


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(9.4, 10.3, "9–10"), (2.4, 8.25, "2.4–8.2"), (0.02, 0.4, "under 0.1–0.4"), (0.2, 12, "0–12")],
)
def test_both_ends_of_a_range_of_speeds_have_as_many_digits(low: float, high: float, words: str):
    estimate = replace(RANGE, low_speed=low, high_speed=high)
    assert estimate_done(estimate).note == f"at {words} tasks an hour"


def test_a_range_of_one_speed_names_it_once():
    estimate = replace(RANGE, low_speed=43.6, high_speed=44.4)
    assert estimate_done(estimate).note == "at 44 tasks an hour"
    assert estimate_done(replace(RANGE, low_speed=None)).note == ""
