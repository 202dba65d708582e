"""Alarms in words, as people read them in their zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from batches.models import AlarmKind
from batches.services.attention.types import OpenAlarm
from batches.templatetags.attention import (
    alarm_fact,
    alarm_short,
    comes_back,
    due_words,
    report_text,
    staging_fact,
)
from batches.templatetags.sparks import range_mark, spark_line

NOW = datetime(2026, 11, 26, 14, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def thursday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def alarm(kind: AlarmKind, since: datetime, **facts: Any) -> OpenAlarm:
    return OpenAlarm(
        id=1,
        kind=kind,
        fingerprint="0" * 16,
        name="lidar_streets_berlin_0042",
        project="lidar_streets",
        since=since,
        began_at=since,
        checked_at=NOW,
        facts=facts,
        counts={"completed": 840, "pending": 1206},
        counts_at=NOW,
    )


def day(number: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, number, hour, minute, tzinfo=UTC)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


MORNING = day(26, 6, 10)
CASES = [
    (
        alarm(AlarmKind.STALLED, MORNING, usual=58.0, left=1206),
        ("Nothing since 06:10", ", usually one a minute; 1,206 left"),
        "since 06:10",
    ),
    (
        alarm(AlarmKind.STALLED, day(26, 11, 40), usual=30.0, left=911),
        ("Nothing since 11:40", ", usually one every 2 min; 911 left"),
        "since 11:40",
    ),
    (alarm(AlarmKind.STALLED, day(24, 9)), ("Nothing since Tue 09:00", ""), "since Tue 09:00"),
    (
        alarm(
            AlarmKind.AT_RISK,
            NOW,
            due=seconds(day(27, 20)),
            low=seconds(day(27, 17)),
            high=seconds(day(28, 22)),
            place="inside",
        ),
        ("Due Fri 20:00", ", expected Fri 17:00 – Sat 22:00"),
        "at risk",
    ),
    (
        alarm(
            AlarmKind.AT_RISK,
            NOW,
            due=seconds(day(1, 12, month=12)),
            low=seconds(day(1, 9, month=12)),
            high=seconds(day(3, 9, month=12)),
            place="inside",
        ),
        ("Due Tue 1 Dec", ", expected Tue 1 – Thu 3 Dec"),
        "at risk",
    ),
    (
        alarm(AlarmKind.AT_RISK, NOW, due=seconds(day(25, 20)), place="overdue"),
        ("Due Wed 20:00", " was 18 h ago, no estimate"),
        "overdue",
    ),
    (
        alarm(AlarmKind.ERRORS, NOW, errors=22, tasks=180, usual=0.011),
        ("22 of the last 180 failed", ", 12 %; usually 1 %"),
        "12 % failed",
    ),
    (
        alarm(AlarmKind.STAGING, day(24, 20, 14), tasks=1480, grew=seconds(day(24, 22))),
        ("1,480 tasks wait", ", since Tue 20:14; none added today"),
        "for 41 h",
    ),
    (
        alarm(AlarmKind.STAGING, day(24, 20, 14), tasks=0, grew=seconds(day(26, 1, 30))),
        ("No tasks in it", ", since Tue 20:14; none added since 01:30"),
        "for 41 h",
    ),
    (
        alarm(AlarmKind.KEY_REFUSED, day(26, 13, 41), batches=23),
        ("Since 13:41", ": its 23 batches stand still here"),
        "since 13:41",
    ),
    (
        alarm(AlarmKind.AT_REST, day(25, 18), batches=31),
        ("Nothing since Wed 18:00", " in any of 31 batches; at this time people usually work"),
        "since Wed 18:00",
    ),
]


@pytest.mark.parametrize(("one", "fact", "short"), CASES)
def test_the_fact_in_words(one: OpenAlarm, fact: tuple[str, str], short: str):
    found = alarm_fact(one)
    assert (found.lead, found.rest) == fact
    assert alarm_short(one) == short


def test_several_batches_in_staging_are_one_fact():
    some = [
        alarm(AlarmKind.STAGING, day(24, 20, 14), tasks=5000, grew=seconds(day(24, 22))),
        alarm(AlarmKind.STAGING, day(25, 8), tasks=185, grew=seconds(day(25, 9))),
    ]
    words = "5,185 tasks wait, the oldest since Tue 20:14; none grew today"
    assert str(staging_fact(some)) == words
    assert str(staging_fact(some[:1])).startswith("5,000 tasks wait, since Tue 20:14")


def test_when_a_dismissed_alarm_comes_back():
    stalled, errors = CASES[0][0], CASES[6][0]
    assert comes_back([stalled, stalled]) == "It comes back when the batch moves and stops again."
    assert comes_back([stalled, errors]) == "Each comes back when its facts change."


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (NOW + timedelta(hours=3), "today 17:02"),
        (NOW + timedelta(days=2), "Sat 14:02"),
        (NOW + timedelta(days=5), "Tue 1 Dec"),
        (NOW + timedelta(days=300), "Wed 22 Sep 2027"),
    ],
)
def test_a_due_date_is_named_by_its_distance(due: datetime, words: str):
    assert due_words(due) == words


def test_a_report_has_what_the_support_of_refonte_asks_for():
    report = report_text(CASES[0][0], request_id="req-7")
    assert report == (
        "Batch: lidar_streets_berlin_0042\n"
        "Project: lidar_streets\n"
        "Stalled: Nothing since 06:10, usually one a minute; 1,206 left\n"
        "Since: 2026-11-26 06:10 UTC\n"
        "Tasks: completed 840, pending 1,206 (read 2026-11-26 14:02 UTC)\n"
        "Last request id: req-7"
    )


def test_a_line_ends_with_a_dot_at_its_last_point():
    found = spark_line([0, 5, 10], width=48)
    assert found["line"] == "2.0,14.0 24.0,8.0 46.0,2.0"
    assert (found["x"], found["y"]) == ("46.0", "2.0")
    assert spark_line([]) == spark_line(None) == {"line": ""}
    assert spark_line([0, 0])["line"] == "2.0,14.0 46.0,14.0"


def test_a_due_date_stands_in_the_range_on_a_track_that_begins_now():
    found = range_mark(day(27, 17), day(28, 22), day(27, 20))
    start, length, due = (float(found[name]) for name in ("start", "length", "due"))
    assert start < due < start + length < 88
    assert range_mark(None, None, day(25, 20))["due"] == "1.0"
