"""What may come between two steps of a bulk: a stop, a database that fails, a page that fails."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone

from batches.models import Bulk, BulkState, CallUse, Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.background import budget
from batches.services.bulks import changed, control, judging, pace, work
from batches.services.keys.types import ViewerKey
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.operations import ledger
from tests.support.bulk_work import confirmed, messages_of, names_of, plan_of, read_plan, work_off
from tests.support.operations import prioritize
from tests.support.vendor import KeyMaker

PRIORITIZE = "/batches/*/prioritize"
Clock = time_machine.Traveller
Monkey = pytest.MonkeyPatch


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox, clock: Clock) -> ViewerKey:
    for number, name in enumerate(names_of(4)):
        at = timezone.now() - timedelta(hours=number)
        refonte.add_batch(name, status="staging", counts={"pending": 5}, created_at=at)
    return key_for(alice)


def test_a_row_that_could_not_be_written_down_is_sent_once_by_who_settles(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    bulk = confirmed(alice, key, names_of(2))
    with mock.patch.object(ledger, "mark_sending", side_effect=DatabaseError):
        work.run_key(fingerprint=key.fingerprint)
    [operation] = Operation.objects.all()
    assert (operation.state, refonte.calls_to("POST", PRIORITIZE)) == (State.WAITING, [])

    work_off(clock, seconds=60)
    bulk.refresh_from_db()
    assert bulk.state == BulkState.FINISHED
    assert set(Operation.objects.values_list("state", flat=True)) == {State.SUCCEEDED}
    assert len(refonte.calls_to("POST", PRIORITIZE)) == 2


def test_a_stop_just_before_a_row_is_recorded_keeps_it_back(
    refonte: Sandbox, alice: User, key: ViewerKey, monkeypatch: Monkey
) -> None:
    bulk = confirmed(alice, key, names_of(2))
    look = changed.why_left_out

    def stop_and_look(*values: Any) -> str:
        control.stop_bulk(user=alice, bulk=Bulk.objects.get())
        return look(*values)

    monkeypatch.setattr("batches.services.bulks.changed.why_left_out", stop_and_look)
    work_off()
    bulk.refresh_from_db()
    assert bulk.state == BulkState.STOPPED
    assert Operation.objects.count() == 0
    assert refonte.calls_to("POST", PRIORITIZE) == []


def test_a_stop_while_a_plan_is_read_ends_the_reading(
    alice: User, key: ViewerKey, monkeypatch: Monkey
) -> None:
    bulk = plan_of(alice, key, names_of(2))
    judge = judging.judge_rows

    def stop_and_judge(*values: Any, **more: Any) -> Any:
        control.stop_bulk(user=alice, bulk=Bulk.objects.get())
        return judge(*values, **more)

    monkeypatch.setattr("batches.services.bulks.reading.judge_rows", stop_and_judge)
    work_off()
    bulk.refresh_from_db()
    assert (bulk.state, bulk.next_at) == (BulkState.STOPPED, None)
    assert {group for group, _ in messages_of(bulk).values()} == {"unread"}


def seen_long_ago(key: ViewerKey) -> None:
    now = timezone.now()
    for number, name in enumerate(names_of(4)):
        seen = Sighting(name=name, status="staging", created_at=now - timedelta(hours=number))
        at = now - timedelta(hours=5)
        record(fingerprint=key.fingerprint, sightings=[seen], at=at)


def test_where_a_page_fails_batches_are_read_one_by_one(
    refonte: Sandbox, alice: User, key: ViewerKey
) -> None:
    seen_long_ago(key)
    refonte.fault("status", "GET /v1/batches?*", times=1, code=500)
    bulk = read_plan(plan_of(alice, key, names_of(4), verb=Verb.FINALIZE))
    assert {group for group, _ in messages_of(bulk).values()} == {"will_do"}
    assert len(refonte.calls_to("GET", "/batches/*/status")) == 4


def test_a_key_that_is_refused_while_a_plan_is_read_stops_it(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    seen_long_ago(key)
    refonte.fault("status", "GET *", code=401, body={"error": "Invalid API key"})
    bulk = plan_of(alice, key, names_of(4), verb=Verb.FINALIZE)
    work_off(clock, seconds=2)
    bulk.refresh_from_db()
    assert bulk.state == BulkState.STOPPED
    assert "Invalid API key" in bulk.stop_message
    assert len(refonte.calls) == 1


def test_what_a_person_sends_waits_for_no_bulk(
    refonte: Sandbox, alice: User, key: ViewerKey
) -> None:
    confirmed(alice, key, names_of(3))
    while budget.reserve_call(fingerprint=key.fingerprint, use=CallUse.BULK):
        pass
    assert work_off() == 1  # which finds that no call is left
    assert prioritize(alice, key, names_of(4)[3]).state == State.SUCCEEDED


def test_without_a_call_left_a_probe_waits(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    bulk = confirmed(alice, key, names_of(3), verb=Verb.FINALIZE)
    refonte.fault("status", "*", code=503)
    work_off(clock, seconds=8)
    while budget.reserve_call(fingerprint=key.fingerprint, use=CallUse.BULK):
        pass
    refonte.forget_calls()
    work_off(clock, seconds=20)
    bulk.refresh_from_db()
    assert (bulk.state, bulk.wait_message) == (BulkState.RUNNING, "Refonte is not responding.")
    assert refonte.calls == []


def test_a_wait_written_by_a_clock_far_ahead_slows_nothing(clock: Clock) -> None:
    bulk = Bulk(slowed=8, waited_until=timezone.now() + timedelta(days=1))
    assert pace.slowed_now(bulk, now=timezone.now()) == 1
    bulk.waited_until = timezone.now() - timedelta(seconds=61)
    assert pace.slowed_now(bulk, now=timezone.now()) == 4
    bulk.waited_until = timezone.now() - timedelta(days=1)
    assert pace.slowed_now(bulk, now=timezone.now()) == 1


def test_a_run_pauses_until_the_next_row_is_due(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    confirmed(alice, key, names_of(3))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.shift(seconds)

    work.run_key(fingerprint=key.fingerprint, pause=pause)
    assert len(refonte.calls_to("POST", PRIORITIZE)) == 3
    assert pauses == [pytest.approx(60 / 57, abs=0.001)] * 3  # after the last one it ends


def test_a_worker_that_is_to_stop_begins_no_row(
    refonte: Sandbox, alice: User, key: ViewerKey
) -> None:
    confirmed(alice, key, names_of(3))
    assert work.run_key(fingerprint=key.fingerprint, goes_on=lambda: False) == 0
    assert refonte.calls_to("POST", PRIORITIZE) == []
