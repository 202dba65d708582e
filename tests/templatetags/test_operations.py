"""Operations in words."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from batches.models import Operation
from batches.services.batches.finalize_advice import FinalizeAdvice
from batches.templatetags.operations import (
    action_label,
    action_text,
    can_finalize,
    parameter_label,
    tasks_sentence,
)
from batches.templatetags.times import time

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as clock, timezone.override(ZoneInfo("UTC")):
        yield clock


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
def test_an_action_is_in_the_past_only_where_it_happened(verb: str, state: str, words: str):
    operation = Operation(verb=verb, state=state, parameters={"priority": 25})

    assert action_text(operation) == words


@pytest.mark.parametrize(
    ("verb", "label"),
    [("create", "Create"), ("finalize", "Finalize"), ("prioritize", "Set priority 25")],
)
def test_an_action_has_one_label(verb: str, label: str):
    assert action_label(Operation(verb=verb, parameters={"priority": 25})) == label


@pytest.mark.parametrize(
    ("parameter", "label"),
    [
        ("calibration_batch", "Calibration batch"),
        ("self_label_batch", "Self-label batch"),
        ("callback", "Callback"),
        ("added_later", "Added_later"),
    ],
)
def test_a_parameter_is_called_as_its_form_calls_it(parameter: str, label: str):
    assert parameter_label(parameter) == label


def advice(
    status: str | None = "staging",
    total: str = "640",
    told_at: datetime | None = None,
    grew_at: datetime | None = None,
) -> FinalizeAdvice:
    return FinalizeAdvice(status=status, total_text=total, told_at=told_at, grew_at=grew_at, why="")


EARLIER = NOON - timedelta(minutes=3)
UNREAD = "; Refonte could not be read since then."


@pytest.mark.parametrize(
    ("known", "before", "form", "after"),
    [
        ({}, "It holds 640 tasks.", "", ""),
        ({"total": "1"}, "It holds 1 task.", "", ""),
        ({"total": "unknown"}, "How many tasks it holds is unknown.", "", ""),
        ({"grew_at": EARLIER}, "It holds 640 tasks; last one ", "ago", "."),
        ({"told_at": EARLIER}, "It held 640 tasks at ", "clock", UNREAD),
        ({"told_at": EARLIER, "grew_at": EARLIER}, "It held 640 tasks at ", "clock", UNREAD),
    ],
)
def test_what_is_known_of_the_tasks_before_finalizing(
    known: dict[str, Any], before: str, form: str, after: str
):
    moment = time(EARLIER, form) if form else ""

    assert tasks_sentence(advice(**known)) == f"{before}{moment}{after}"


@pytest.mark.parametrize(
    ("status", "can"),
    [("staging", True), (None, True), ("", True), ("completed", False), ("odd", False)],
)
def test_there_is_nothing_to_finalize_once_a_batch_is_known_to_have_left_staging(
    status: str | None, can: bool
):
    assert can_finalize(advice(status)) is can


def test_without_any_advice_finalizing_is_offered():
    assert can_finalize(None)
