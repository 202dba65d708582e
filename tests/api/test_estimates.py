"""When a batch will be done: a range, or the reason for having none."""

from typing import Any

import pytest
import time_machine

from batches.api.estimates import WORDS
from batches.models import Estimate
from batches.services.forecast.reasons import Reason
from tests.support.api import Program
from tests.support.watched_work import Work, at

PATH = "batches/kitten-07/estimate/"


def stored(work: Work, **facts: Any) -> None:
    usual = {
        "at": at(0),
        "as_of": at(-1),
        "status": "in_progress",
        "total": 100,
        "low": at(60),
        "mid": at(90),
        "high": at(120),
        "speed": 44.0,
        "usual_speed": 43.0,
        "low_speed": 39.0,
        "high_speed": 52.0,
    }
    Estimate.objects.create(batch=work.row, **usual | facts)


def test_a_range_has_its_speed_and_its_age(
    program: Program, work: Work, clock: time_machine.Traveller
):
    stored(work)
    clock.move_to(at(5))
    found = program.read(PATH)
    assert found["range"] == {
        "low": "2026-11-23T13:00:00Z",
        "mid": "2026-11-23T13:30:00Z",
        "high": "2026-11-23T14:00:00Z",
    }
    assert (found["reason"], found["reason_words"], found["since"]) == (None, None, None)
    assert found["speed"] == {
        "now": 44.0,
        "usual": 43.0,
        "low": 39.0,
        "high": 52.0,
        "is_of_project": False,
    }
    assert found["computed_at"] == "2026-11-23T12:00:00Z"
    assert (found["as_of"], found["age_seconds"]) == ("2026-11-23T11:59:00Z", 360)
    assert not found["is_stale"]
    clock.move_to(at(7.1))
    assert program.read(PATH)["is_stale"]


def test_without_a_range_the_reason_is_told(program: Program, work: Work):
    stored(work, reason=Reason.QUIET, since=at(-30), low=None, mid=None, high=None)
    found = program.read(PATH)
    assert (found["range"], found["reason"]) == (None, "quiet")
    assert found["since"] == "2026-11-23T11:30:00Z"
    assert found["reason_words"].startswith("No task was completed for unusually long")


def test_a_reason_of_two_words_is_one(program: Program, work: Work):
    work.see(1, 0, status="staging")
    stored(work, status="staging", reason=Reason.NOT_STARTED, low=None, mid=None, high=None)
    assert program.read(PATH)["reason"] == "not_started"


def test_what_was_never_estimated_says_so(program: Program, work: Work):
    found = program.read(PATH)
    assert (found["range"], found["reason"], found["speed"]) == (None, "none", None)
    assert (found["computed_at"], found["as_of"], found["age_seconds"]) == (None, None, None)
    assert found["is_stale"]


def test_the_estimate_of_an_ended_batch_is_not_stale(
    program: Program, work: Work, clock: time_machine.Traveller
):
    work.see(1, 100, status="completed")
    stored(work, status="completed", reason=Reason.ENDED, low=None, mid=None, high=None)
    clock.move_to(at(600))
    found = program.read(PATH)
    assert (found["reason"], found["is_stale"]) == ("ended", False)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason: Reason):
    assert WORDS[reason].endswith(".")
