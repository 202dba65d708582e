"""How fresh a page is, in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

from batches.refonte import Outcome
from batches.services.cache.entry import Failure
from batches.services.readings.reading import Reading
from batches.templatetags.freshness import (
    REASONS,
    failure_reason,
    failure_sentence,
    next_try_text,
    pace_text,
    shown_text,
    stamp_text,
)
from batches.templatetags.times import time

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock, timezone.override(ZoneInfo("UTC")):
        yield clock


def failed(outcome: str = "no_answer", words: str = "", minutes: int = 0) -> Failure:
    return Failure(outcome=outcome, message=words, since=NOON - timedelta(minutes=minutes))


def reading(
    as_of: datetime | None = None,
    failure: Failure | None = None,
    next_try: datetime | None = None,
) -> Reading[None]:
    return Reading(data=None, payload=None, as_of=as_of, failure=failure, next_try=next_try)


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
    assert failure_sentence(failed(outcome, words, minutes)) == sentence


def test_a_reason_is_a_part_of_a_sentence_without_the_vendors_words():
    assert failure_reason(failed("vendor_error", "Gone.", 4)) == "Refonte answered with an error"
    assert failure_reason(failed("busy", "It is left alone.")) == "It is left alone"


def test_every_way_to_fail_has_its_words():
    assert set(REASONS) == set(Outcome) - {Outcome.OK}


def test_the_vendors_words_are_text():
    page = "{% load freshness %}{{ failure|failure_sentence }}"
    drawn = Template(page).render(Context({"failure": failed("vendor_error", "<b>502</b>")}))

    assert "&lt;b&gt;502&lt;/b&gt;" in drawn


@pytest.mark.parametrize(
    ("as_of", "seen_at", "words"),
    [
        (NOON, NOON, f"Updated {time(NOON, 'stamp')}"),
        (None, NOON, f"Last seen {time(NOON, 'running')}"),
        (None, None, "Not read yet"),
    ],
    ids=["read", "seen", "neither"],
)
def test_the_stamp_says_as_of_when(as_of: datetime | None, seen_at: datetime | None, words: str):
    assert stamp_text(as_of, seen_at).partition("<")[0] == words.partition("<")[0]


@pytest.mark.parametrize(
    ("seconds", "failure", "words"),
    [
        (10, None, "every 10 s"),
        (10, failed(), "retrying"),
        (30, failed("key_refused"), "waiting for the key"),
        (None, failed(), ""),
    ],
)
def test_the_pace_in_words(seconds: int | None, failure: Failure | None, words: str):
    assert pace_text(seconds, reading(NOON, failure)) == words


def test_the_pace_of_a_page_without_a_reading():
    assert pace_text(2, None) == "every 2 s"


def test_what_is_shown_meanwhile():
    assert shown_text(reading(NOON), None, is_update=False).startswith("<strong>Showing <time")
    last_seen = shown_text(reading(), NOON, is_update=False)
    assert last_seen.startswith("<strong>Showing what was last seen, <time")
    assert shown_text(reading(), None, is_update=False) == "<strong>Nothing to show yet.</strong>"
    assert shown_text(reading(), None, is_update=True) == ""


@pytest.mark.parametrize(
    ("next_in", "seconds", "words"),
    [
        (60, 10, "Next try"),
        (None, 10, ""),
        (60, None, ""),
    ],
)
def test_the_next_try_is_told_where_the_page_makes_it(
    next_in: int | None, seconds: int | None, words: str
):
    at = NOON + timedelta(seconds=next_in) if next_in else None
    drawn = next_try_text(reading(None, failed(), at), seconds)

    assert drawn.partition(" <time")[0] == words
    assert ("12:01:00</time>." in drawn) == bool(words)


def test_a_page_learns_of_a_try_with_its_next_poll_at_the_earliest():
    soon = NOON + timedelta(seconds=5)

    assert ">12:00:30</time>" in next_try_text(reading(None, failed(), soon), 30)


def test_a_refused_key_is_waited_for():
    refused = reading(None, failed("key_refused"), NOON)

    assert next_try_text(refused, 30) == "This page continues once the key is accepted again."
