"""A line of the search over everything: the words of a batch, and the part that matches."""

from datetime import timedelta
from typing import Any

import pytest

from batches.models import AlarmKind
from batches.refonte import Counts
from batches.services.attention.types import OpenAlarm, Place
from batches.services.batches.facts import BatchFacts
from batches.services.batches.progress import Progress
from batches.services.batches.rows import Row
from batches.templatetags.palette import batch_note, matched
from tests.support.clock import NOON

pytestmark = pytest.mark.usefixtures("clock")
COUNTS = Counts(pending=3, completed=0)


def row(status: str | None = "in_progress", *alarms: OpenAlarm, **facts: Any) -> Row:
    return Row(
        facts=BatchFacts(name="kitten-07", status=status),
        progress=Progress(counts=COUNTS, status=status),
        alarms=alarms,
        **facts,
    )


def alarm(kind: AlarmKind, **facts: Any) -> OpenAlarm:
    times: dict[str, Any] = dict.fromkeys(
        ("since", "began_at", "checked_at"), NOON - timedelta(hours=50)
    )
    return OpenAlarm(id=1, kind=kind, fingerprint="f" * 16, facts=facts, **times)


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        (AlarmKind.STALLED, {}, "stalled since Sat 10:00"),
        (AlarmKind.STAGING, {}, "in staging for 2 days"),
        (AlarmKind.ERRORS, {"errors": 3, "tasks": 25}, "12 % failed"),
        (AlarmKind.AT_RISK, {"place": Place.INSIDE}, "at risk, due Wed 09:00"),
        (AlarmKind.AT_RISK, {"place": Place.OVERDUE}, "overdue, due Wed 09:00"),
    ],
)
def test_trouble_is_said_in_words(kind: AlarmKind, facts: dict[str, Any], words: str):
    note = batch_note(row("in_progress", alarm(kind, **facts), due_at=NOON + timedelta(hours=45)))
    assert note.words == words
    assert note.is_alarm


def test_at_risk_without_the_date_says_so_much():
    assert batch_note(row("in_progress", alarm(AlarmKind.AT_RISK))).words == "at risk"


@pytest.mark.parametrize(
    ("status", "label", "words"),
    [
        ("staging", "Staging", "3 tasks"),
        ("in_progress", "In progress", ""),
        ("completed", "Completed", ""),
        ("a word of the vendor", "a word of the vendor", ""),
        (None, "Status unknown", ""),
    ],
)
def test_without_trouble_the_icon_has_the_status(status: str | None, label: str, words: str):
    note = batch_note(row(status))
    assert (note.label, note.words, note.is_alarm) == (label, words, False)


@pytest.mark.parametrize(
    ("text", "q", "drawn"),
    [
        ("Lidar_b", " liDAR ", "<mark>Lidar</mark>_b"),
        ("a<b>lidar", "<B>", "a<mark>&lt;b&gt;</mark>lidar"),
        ("Käfer", "äF", "K<mark>äf</mark>er"),
        ("two  words", "o  w", "tw<mark>o  w</mark>ords"),
        # folding makes two letters of one, so no place is certain
        ("Straße-7", "7", "Straße-7"),
        ("kitten", "", "kitten"),
        ("kitten", "dog", "kitten"),
    ],
)
def test_the_part_that_matches_is_marked(text: str, q: str, drawn: str):
    assert matched(text, q) == drawn
    assert matched(text, q, is_name=True) == f'<bdi translate="no">{drawn}</bdi>'


def test_what_is_not_seen_keeps_its_own_mark():
    drawn = matched("lidar\u200b7", "lidar", is_name=True)
    assert "<mark>" not in drawn
    assert 'class="invisible"' in drawn
