"""A row of a list: its stamp, and how long what was made of an answer is kept."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from batches.models import Operation, State
from batches.refonte import Batch, BatchPage, Counts
from batches.services.batches import rows as batch_rows
from batches.services.batches.facts import BatchFacts
from batches.services.batches.known import Known, KnownPage
from batches.services.batches.progress import Progress
from batches.services.batches.rows import Row
from batches.services.readings.reading import Reading
from tests.support.clock import NOON


def row(**facts: Any) -> Row:
    drawn = {name: facts.pop(name) for name in ("mark", "priority") if name in facts}
    counts = facts.pop("counts", Counts(pending=1, completed=2))
    known: dict[str, Any] = {
        "project": "kittens",
        "status": "in_progress",
        "created_at": NOON,
    } | facts
    progress = Progress(counts=counts, status=known["status"])
    return Row(facts=BatchFacts(name="a b", **known), progress=progress, **drawn)


def test_a_stamp_says_which_row_it_is_of_and_whether_that_is_done():
    ref, digest, state = row().stamp.split()

    assert (ref, len(digest), state) == ("~YSBi", 10, "open")
    assert row(status="completed").stamp.split()[2] == "completed"
    assert row(status="not\r\ncompleted").stamp.split()[2] == "open"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "paused"},
        {"counts": Counts(pending=1, completed=3)},
        {"counts": Counts(pending=1, completed=2, other={"tasks_in_review": 0})},
        {"mark": "no longer matches these filters"},
        {"absent_at": NOON},
        {"priority": Operation(id=uuid4(), state=State.SUCCEEDED)},
    ],
)
def test_a_stamp_changes_with_what_the_row_shows(change: dict[str, object]):
    assert row(**change).stamp != row().stamp


def test_a_stamp_stands_still_with_the_row():
    assert row().stamp == row(created_at=None).stamp


def answer(*batches: Batch) -> Reading[BatchPage]:
    return Reading(
        data=BatchPage(batches=batches), payload=None, as_of=NOON, failure=None, next_try=None
    )


@pytest.fixture
def kitten() -> Batch:
    return Batch(name="kitten-07", counts=Counts(pending=1, completed=2))


def test_a_row_is_made_once_an_answer(kitten: Batch):
    listing = answer(kitten)
    first = batch_rows.from_vendor(kitten, None, listing, KnownPage())

    assert batch_rows.from_vendor(kitten, None, listing, KnownPage()) is first
    assert batch_rows.from_vendor(kitten, None, answer(kitten), KnownPage()) is not first


def test_a_row_is_as_old_as_the_last_answer_that_said_the_same(kitten: Batch):
    first = answer(kitten)
    again = replace(first, as_of=NOON + timedelta(seconds=10))  # what was made is kept

    rows = [
        batch_rows.from_vendor(kitten, None, listing, KnownPage()) for listing in (first, again)
    ]

    assert [row.facts.counts_at for row in rows] == [first.as_of, again.as_of]
    assert rows[0].stamp == rows[1].stamp


def test_a_row_is_made_anew_for_what_else_is_known_now(kitten: Batch):
    listing = answer(kitten)
    first = batch_rows.from_vendor(kitten, None, listing, KnownPage())
    rows = [
        batch_rows.from_vendor(kitten, None, listing, KnownPage(by_name={kitten.name: known}))
        for known in (
            Known(priority=Operation(id=uuid4(), state=State.SUCCEEDED)),
            Known(due_at=NOON),
            Known(owner="alice"),
        )
    ]

    assert len({row.stamp for row in (first, *rows)}) == 4
    assert (rows[0].priority is None, rows[1].due_at, rows[2].owner) == (False, NOON, "alice")
