"""How a name, a time, a status and an address are drawn."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Operation
from batches.refonte import Outcome
from batches.services.cache.entry import Failure
from batches.templatetags import console

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock, timezone.override(ZoneInfo("UTC")):
        yield clock


def draw(template: str, **context: object) -> str:
    return Template("{% load console %}" + template).render(Context(context))


@pytest.mark.parametrize("name", ["a/b", "🐈", "\ud800", "", '"><b>'])
def test_every_name_has_an_id_of_its_own(name: str):
    made = console.dom_id(name)

    assert made[0] == "b"
    assert made.isalnum()
    assert made != console.dom_id(name + "x")


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
    assert console.age_words(NOON - timedelta(minutes=minutes), NOON) == words


def test_an_age_carries_its_moment_for_those_who_want_it_exactly():
    drawn = console.ago(NOON - timedelta(hours=2))

    assert drawn == (
        '<time datetime="2026-11-23T10:00:00+00:00" data-age="ago"'
        ' title="23 Nov 2026, 10:00:00 UTC">2 h ago</time>'
    )
    assert ">just now</time>" in console.ago(NOON)
    assert 'data-age=""' in console.age(NOON)


def test_times_are_told_in_the_readers_zone():
    with timezone.override(ZoneInfo("Pacific/Kiritimati")):
        assert ">24 Nov 2026, 02:00</time>" in console.moment(NOON)
        assert ">02:00</time>" in console.clock(NOON)
        assert "02:00:00 +14" in console.clock(NOON)
        assert ">23 Nov, 23:59</time>" in console.clock(NOON - timedelta(minutes=121))
        assert ">02:00:00</time>" in console.exact(NOON)
        assert console.to_the_second(NOON) == "02:00:00"
        assert console.to_the_second(NOON - timedelta(minutes=121)) == "23 Nov, 23:59:00"


@pytest.mark.parametrize("draw_it", [console.age, console.ago, console.moment, console.clock])
def test_an_unknown_time_is_unknown(draw_it: Callable[[datetime | None], str]):
    assert draw_it(None) == "unknown"


@pytest.mark.parametrize("draw_it", [console.age, console.ago, console.moment, console.clock])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(
    "never", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_time_at_the_end_of_time_is_drawn_in_every_zone(
    draw_it: Callable[[datetime | None], str], zone: str, never: datetime
):
    with timezone.override(ZoneInfo(zone)):
        assert "<time" in draw_it(never)


@pytest.mark.parametrize(
    ("outcome", "minutes", "words", "sentence"),
    [
        ("no_answer", 0, "", "Refonte did not answer."),
        ("vendor_error", 4, "Gone.", "Refonte answered with an error for 4 min (Gone)."),
        ("throttled", 0, "Slow down", "Refonte asked to wait (Slow down)."),
        ("key_refused", 61, "", "Refonte refused this key."),
        ("conflict", 0, "Locked", "Refonte refused the request (Locked)."),
        ("busy", 3, "It is left alone for a moment.", "It is left alone for a moment."),
        ("of a later day", 0, "", "Refonte did not answer."),
    ],
)
def test_a_failure_is_one_sentence(outcome: str, minutes: int, words: str, sentence: str):
    failure = Failure(outcome=outcome, message=words, since=NOON - timedelta(minutes=minutes))

    assert console.why(failure) == sentence


def test_every_way_to_fail_has_its_words():
    assert set(console.REASONS) == set(Outcome) - {Outcome.OK}


@pytest.mark.parametrize(
    ("verb", "state", "words"),
    [
        ("finalize", "succeeded", "finalized"),
        ("finalize", "checking", "asked to finalize"),
        ("create", "refused", "asked to create"),
        ("prioritize", "succeeded", "set priority 25"),
        ("prioritize", "not_sent", "asked to set priority 25"),
    ],
)
def test_a_deed_is_in_the_past_only_where_it_happened(verb: str, state: str, words: str):
    operation = Operation(verb=verb, state=state, parameters={"priority": 25})

    assert console.deed(operation) == words


@pytest.mark.parametrize(
    ("status", "words"),
    [("in_progress", "In progress"), ("canceled", "Cancelled"), ("odd", "odd"), ("", "unknown")],
)
def test_a_status_is_told_as_its_mark_words_it(status: str, words: str):
    assert console.status_words(status) == words


def test_the_vendors_words_are_text():
    failure = Failure(outcome="vendor_error", message="<b>502</b>", since=NOON)

    assert "&lt;b&gt;502&lt;/b&gt;" in draw("{{ failure|why }}", failure=failure)


def test_an_answer_is_shown_as_json_and_stays_text():
    drawn = draw("{{ payload|pretty }}", payload={"name": "Партия <b>", "nested": [1]})

    assert "Партия &lt;b&gt;" in drawn
    assert "\n  &quot;nested&quot;" in drawn


def test_figures_stand_apart_and_the_unknown_is_a_word():
    assert (console.figure(1234567), console.figure(0)) == ("1,234,567", "0")
    assert console.figure(None) == "unknown"


@pytest.mark.parametrize("name", ["kitten-07", "a/b", "it's", "$(id)", "`id`", "%2F", "🐈", 'q"q'])
def test_the_same_question_from_a_shell_asks_for_this_batch_and_runs_nothing(
    name: str, settings: Settings
):
    settings.REFONTE_API_URL = "https://api.refonte.com/v1"
    words = console.as_curl(name).replace("curl ", "printf '%s\\n' ", 1)

    said = subprocess.run(
        ["/bin/sh", "-c", words],
        env={"REFONTE_API_KEY": "k"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert said[:2] == ["-u", "k:"]
    assert said[2].startswith("https://api.refonte.com/v1/batches/")
    assert said[2].endswith("/status")
    assert len(said) == 3


@pytest.mark.parametrize("name", ["kitten-07", "a/b", "it's", 'q"q', "line\nbreak"])
def test_the_same_question_from_python_is_python(name: str):
    compile(console.as_python(name), "copied", "exec")
