"""The answers at the head of a batch's page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from batches.models import Estimate, StatusChange
from batches.models.names import name_digest
from batches.sandbox import Sandbox
from batches.services.batches.detail import BatchDetail, read_detail
from batches.services.keys.types import KeyHandle
from batches.templatetags.answers import done_answer, speed_answer
from tests.support.clock import NOON
from tests.support.samples import NAME, seen_batch

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def show(key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller) -> Any:
    def of(status: str, estimate: dict[str, Any] | None = None) -> BatchDetail:
        counts = {"pending": 0 if status == "completed" else 60, "completed": 40}
        created = NOON - timedelta(days=5)
        refonte.add_batch(NAME, status=status, counts=counts, created_at=created)
        read_detail(key=key, name=NAME)
        if estimate:
            row = seen_batch(key.fingerprint, status=status)
            known = {"at": NOON, "as_of": NOON, "status": status, "total": 100}
            Estimate.objects.create(batch=row, **known | estimate)
        clock.shift(60)
        return read_detail(key=key, name=NAME)

    return of


RANGE = {
    "low": NOON + timedelta(hours=4),
    "mid": NOON + timedelta(hours=5),
    "high": NOON + timedelta(hours=6),
    "speed": 44.2,
    "usual_speed": 43.0,
}


def test_a_batch_in_progress_has_its_range_and_speed(show: Any):
    detail = show("in_progress", RANGE)
    done, speed = done_answer(detail), speed_answer(detail)
    assert (done.label, done.words) == ("Done, 8 times in 10", "today 16:00 – 18:00")
    assert speed
    assert (speed.words, speed.note) == ("44", "in the last hour, usual 43")


def test_a_paused_batch_says_since_when_and_has_no_speed(show: Any, key: KeyHandle):
    at = NOON - timedelta(hours=2)
    StatusChange.objects.create(
        fingerprint=key.fingerprint,
        name=NAME,
        digest=name_digest(NAME),
        before="in_progress",
        after="paused",
        at=at,
    )
    detail = show("paused")
    done = done_answer(detail)
    assert (done.words, done.note) == ("Paused since 10:00", "no estimate while paused")
    assert speed_answer(detail) is None


def test_without_an_estimate_both_say_so(show: Any):
    detail = show("in_progress")
    speed = speed_answer(detail)
    assert done_answer(detail).words == "No estimate yet"
    assert speed
    assert speed.words == "unknown"


@pytest.mark.parametrize(
    ("reason", "note"),
    [("growing", ""), ("few done", ""), ("not watched", "not watched in the last hour")],
)
def test_an_unknown_speed_is_a_gap_only_where_nobody_watched(show: Any, reason: str, note: str):
    speed = speed_answer(show("in_progress", {"reason": reason}))
    assert speed
    assert (speed.words, speed.note) == ("unknown", note)


def test_a_batch_without_a_range_has_its_speed_or_says_how_short_it_was_seen(show: Any):
    seen = speed_answer(show("in_progress", {"reason": "growing", "speed": 52.0}))
    assert seen
    assert (seen.words, seen.note) == ("52", "in the last hour")
    Estimate.objects.update(speed=None, speed_seconds=250)
    unseen = speed_answer(show("in_progress"))
    assert unseen
    assert (unseen.words, unseen.note) == ("unknown", "seen in progress for 4 minutes")


@pytest.mark.parametrize(
    ("grew", "note"),
    [
        (None, "no task arrived for 5 d"),
        (timedelta(days=4), "no task arrived for 4 d"),
        (timedelta(hours=2), "still filling"),
    ],
)
def test_what_is_in_staging_says_how_long_and_whether_tasks_arrive(
    show: Any, key: KeyHandle, grew: timedelta | None, note: str
):
    detail = show("staging")
    grew_at = NOON - grew if grew else None
    detail = replace(detail, facts=replace(detail.facts, grew_at=grew_at))
    done = done_answer(detail)
    assert (done.label, done.words, done.note) == ("Not started", "In staging for 5 d", note)
    assert speed_answer(detail) is None


@pytest.mark.parametrize(
    ("status", "label", "words"),
    [("completed", "Done", "Completed"), ("cancelled", "Done", "Cancelled")],
)
def test_a_batch_that_ended_unseen_says_only_that(show: Any, status: str, label: str, words: str):
    done = done_answer(show(status))
    assert (done.label, done.words, done.note) == (label, words, "")


def test_a_completed_batch_says_when_and_has_no_estimate(show: Any, key: KeyHandle):
    StatusChange.objects.create(
        fingerprint=key.fingerprint,
        name=NAME,
        digest=name_digest(NAME),
        before="in_progress",
        after="completed",
        at=NOON - timedelta(hours=2),
    )
    detail = show("completed", RANGE)
    done = done_answer(detail)
    assert detail.estimate is None
    assert (done.label, done.words, done.note) == ("Done", "10:00", "4 d after it was created")
    assert speed_answer(detail) is None
