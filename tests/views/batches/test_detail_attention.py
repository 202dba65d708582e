"""What needs somebody on the page of a batch: alarms, the due date, and the one action for them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Alarm, AlarmKind, ApiKey, BatchNote, Estimate, Watch
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.alarms import dismissed, raised
from tests.support.clock import NOON
from tests.support.pages import Browse, add, poll_batch, text_of
from tests.support.samples import seen_batch

pytestmark = pytest.mark.usefixtures("clock")
HOUR = timedelta(hours=1)


@pytest.fixture
def address(key: KeyHandle, refonte: Sandbox, as_alice: Client) -> str:
    add(refonte, "kitten-07")
    as_alice.get(f"/batches/kitten-07/?key={key.ref}")
    return f"/batches/kitten-07/?key={key.ref}"


@pytest.fixture
def seen(address: str, key: KeyHandle) -> Any:
    return seen_batch(key.fingerprint)


def due(key: KeyHandle, hours: float) -> None:
    at = NOON + hours * HOUR
    BatchNote.objects.update_or_create(
        fingerprint=key.fingerprint, name="kitten-07", defaults={"due_at": at, "changed_at": NOON}
    )


def primary(page: Any) -> list[str]:
    """The ids of the buttons of the page that stand out."""
    found = page.text.split('class="page-actions"')[1].split("</header>")[0]
    return [
        one.split('id="')[1].split('"')[0] for one in found.split("<") if "button--primary" in one
    ]


@pytest.mark.parametrize(
    ("kind", "status", "action"),
    [
        (AlarmKind.AT_RISK, "in_progress", ["action-priority"]),
        (AlarmKind.STALLED, "in_progress", ["action-report"]),
        (AlarmKind.ERRORS, "in_progress", ["action-report"]),
        (AlarmKind.STAGING, "staging", ["action-finalize"]),
        # it was finalized since the worker looked
        (AlarmKind.STAGING, "in_progress", []),
        (AlarmKind.AT_RISK, "completed", []),
    ],
)
def test_one_action_stands_out_where_an_alarm_asks_for_it(
    kind: AlarmKind,
    status: str,
    action: list[str],
    address: str,
    seen: Any,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    refonte.set_status("kitten-07", status)
    clock.shift(60)
    assert primary(as_alice.get(address)) == []
    raised(seen, kind)
    assert primary(as_alice.get(address)) == action


def test_the_worst_alarm_that_nobody_dismissed_decides(address: str, seen: Any, as_alice: Client):
    alarm = raised(seen, AlarmKind.AT_RISK)
    raised(seen, AlarmKind.STALLED)
    assert primary(as_alice.get(address)) == ["action-priority"]
    dismissed(alarm)
    page = as_alice.get(address)
    assert primary(page) == ["action-report"]
    assert "Dismissed by olga , 11:30 : known outage Take back" in text_of(page)
    assert "olga dismissed “At risk”: known outage" in text_of(page)


def test_an_alarm_is_shown_with_its_fact_and_on_the_timeline(
    address: str, seen: Any, as_alice: Client
):
    raised(seen, AlarmKind.STALLED)
    text = text_of(as_alice.get(address))
    assert "Stalled Nothing since 10:00 , usually one a minute; 1,206 left Dismiss" in text
    assert "Mon 11:00 Stalled: nothing since 10:00" in text


def test_who_may_only_read_can_copy_the_report_and_dismiss_nothing(
    address: str, key: KeyHandle, seen: Any, browse: Browse, vera: User
):
    ApiKey.objects.update(is_shared=True)
    raised(seen, AlarmKind.STALLED)
    Watch.objects.create(fingerprint=key.fingerprint, read_at=NOON, request_id="req-42")
    page = browse(vera).get(address)
    assert primary(page) == ["action-report"]
    assert "/dismiss/" not in page.text
    report = page.text.split('id="action-report"')[1].split('data-copy="')[1].split('"')[0]
    for words in (
        "Batch: kitten-07",
        "Project: kittens",
        "Stalled: Nothing since 10:00",
        "Since: 2026-11-23 10:00 UTC",
        "completed 30",
        "Last request id: req-42",
    ):
        assert words in report


def test_news_of_alarms_and_notes_come_with_the_poll_and_nothing_else_does(
    address: str, key: KeyHandle, seen: Any, as_alice: Client, clock: time_machine.Traveller
):
    page = as_alice.get(address)
    clock.shift(5)
    assert poll_batch(as_alice, page).status_code == 204
    alarm = raised(seen, AlarmKind.STALLED)
    answer = poll_batch(as_alice, page)
    assert "Stalled: nothing since 10:00" in text_of(answer)
    # what the worker stores with each look, and what only the drawing shows
    Alarm.objects.update(checked_at=NOON, facts=alarm.facts | {"points": [1.0, 2.0]})
    assert poll_batch(as_alice, answer).status_code == 204
    due(key, 40)
    answer = poll_batch(as_alice, answer)
    assert "Due Wed 04:00 in 39 h" in text_of(answer)
    dismissed(alarm)
    answer = poll_batch(as_alice, answer)
    assert "Dismissed by olga" in text_of(answer)
    Alarm.objects.update(ended_at=NOON)
    assert "Stalled: over" in text_of(poll_batch(as_alice, answer))


RISK = {"due": int((NOON + 5 * HOUR).timestamp()), "place": "inside"}
RANGE = {"low": int((NOON + 4 * HOUR).timestamp()), "high": int((NOON + 9 * HOUR).timestamp())}
LATE = {"low": int((NOON + 6 * HOUR).timestamp()), "high": int((NOON + 9 * HOUR).timestamp())}


@pytest.mark.parametrize(
    ("hours", "facts", "words"),
    [
        (5, RISK | RANGE, "Due today 17:00 At risk, inside the range"),
        (5, RISK | LATE, "Due today 17:00 At risk, before the range"),
        (5, RISK, "Due today 17:00 At risk, no estimate"),
        (-2, RISK | RANGE, "Due today 10:00 Overdue for 2 h"),
        (5, None, "Due today 17:00 in 5 h"),
        (-2, None, "Due today 10:00 2 h ago"),
    ],
)
def test_the_head_says_how_the_due_date_stands(
    hours: float,
    facts: dict[str, Any] | None,
    words: str,
    address: str,
    key: KeyHandle,
    seen: Any,
    as_alice: Client,
):
    due(key, hours)
    if facts:
        raised(seen, AlarmKind.AT_RISK, facts=facts)
    assert words in text_of(as_alice.get(address))


def test_a_dismissed_risk_is_told_quietly(
    address: str, key: KeyHandle, seen: Any, as_alice: Client
):
    due(key, 5)
    dismissed(raised(seen, AlarmKind.AT_RISK, facts=RISK | RANGE))
    page = as_alice.get(address)
    assert "Due today 17:00 At risk, dismissed" in text_of(page)
    assert '<span class="bad">' not in page.text.split('id="batch-progress"')[1].split("</dl>")[0]


def test_a_range_before_the_due_date_is_said_so(
    address: str, key: KeyHandle, seen: Any, as_alice: Client
):
    due(key, 60)
    times = {"low": NOON + 4 * HOUR, "mid": NOON + 5 * HOUR, "high": NOON + 9 * HOUR}
    Estimate.objects.create(
        batch=seen, at=NOON, as_of=NOON, status="in_progress", total=40, **times
    )
    assert "in 2 d, after the range" in text_of(as_alice.get(address))


@pytest.mark.parametrize(("hours", "words"), [(5, "done 4 h before it"), (-2, "done 2 h after it")])
def test_a_finished_batch_is_told_beside_its_due_date(
    hours: float,
    words: str,
    address: str,
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    due(key, hours)
    refonte.set_status("kitten-07", "completed")
    clock.shift(60)
    assert words in text_of(as_alice.get(address))
