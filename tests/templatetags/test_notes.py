"""Due dates and changes of notes in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batches.templatetags.notes import due_moment, note_done, note_lines, note_set
from tests.support.clock import NOON

pytestmark = pytest.mark.usefixtures("clock")
DUE = (NOON + timedelta(days=4, hours=8)).isoformat()
EMPTY = {"due_at": "", "owner": "", "text": ""}


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOON + timedelta(hours=8), "today 20:00"),
        (NOON + timedelta(days=4, hours=8), "Fri 20:00"),
        (NOON - timedelta(days=5), "Wed 12:00"),
        (NOON + timedelta(days=11), "Fri 4 Dec 12:00"),
        (datetime(2027, 11, 26, 8, 30, tzinfo=UTC), "Fri 26 Nov 2027 08:30"),
    ],
)
def test_a_due_date_is_told_to_the_minute(moment: datetime, words: str):
    assert due_moment(moment) == words


@pytest.mark.parametrize(
    ("before", "after", "done", "label"),
    [
        ({}, {"due_at": DUE}, "set the due date Fri 20:00", "Due date Fri 20:00"),
        ({"due_at": DUE}, {}, "removed the due date", "No due date"),
        ({"owner": "vera"}, {"owner": "olga"}, "set the owner olga", "Owner olga"),
        ({}, {"text": "a\nb"}, "wrote the note", "Note"),
        (
            {"owner": "vera", "text": "a"},
            {"due_at": DUE, "owner": "olga"},
            "set the due date Fri 20:00, set the owner olga and removed the note",
            "Due date Fri 20:00, owner olga, no note",
        ),
    ],
)
def test_what_was_changed_is_told_and_nothing_else(
    before: dict[str, Any], after: dict[str, Any], done: str, label: str
):
    parameters = EMPTY | after | {"before": EMPTY | before}
    assert note_done(parameters) == done
    assert note_set(parameters) == label


def test_each_change_has_what_was_before():
    parameters = EMPTY | {"due_at": DUE, "text": "a\nb"} | {"before": EMPTY | {"text": "c"}}
    assert note_lines(parameters) == [
        ("Due date", "Fri 27 Nov 2026, 20:00 (before: none)"),
        ("Note", "a b (before: c)"),
    ]
