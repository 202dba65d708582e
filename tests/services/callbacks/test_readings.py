"""The worker reads what Refonte called about: soon, seldom, and only with consent."""

import logging
from datetime import timedelta
from itertools import pairwise
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from batches.models import (
    ApiKey,
    CallbackAddress,
    CallMinute,
    CallUse,
    LeasePurpose,
    Operation,
    SeenBatch,
)
from batches.refonte import Secret
from batches.refs import to_ref
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services import leases
from batches.services.background import budget, requests
from batches.services.callbacks import readings
from batches.services.key_checks.checks import replace_key
from batches.services.keys.types import KeyHandle
from batches.services.vendor.breaker import Breaker
from batches.tasks import loops, schedule
from tests.support.callbacks import call, create_told, read_called_once, status_calls
from tests.support.consent import ENDS, Undo
from tests.support.operations import POST_CREATE
from tests.support.query_plans import plans_of
from tests.support.vendor import KeyMaker

STATUS = "GET /v1/batches/*/status"
NEW_KEY = "live_1234567890abcdef"
Clock = time_machine.Traveller


def row() -> CallbackAddress:
    return CallbackAddress.objects.get()


def recorded() -> str | None:
    return SeenBatch.objects.get(name="kitten-07").status


def run(clock: Clock, *, seconds: int) -> int:
    """So many seconds of the worker's loop; how many calls it made."""
    calls = 0
    for _ in range(seconds // loops.LOOP_SECONDS):
        calls += read_called_once()
        clock.shift(loops.LOOP_SECONDS)
    return calls


def test_a_completion_is_recorded_with_one_call(told: Operation, refonte: Sandbox) -> None:
    refonte.set_status("kitten-07", "completed")
    call(told)
    assert read_called_once() == 1
    assert recorded() == "completed"
    assert [(one.method, one.path) for one in refonte.calls] == [
        ("GET", f"/batches/{to_ref('kitten-07')}/status")
    ]
    assert row().due_at is None


def test_without_a_call_nothing_is_read_and_one_query_is_made(
    told: Operation, refonte: Sandbox, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert read_called_once() == 0
    assert refonte.calls == []


@pytest.mark.parametrize("end", ENDS)
def test_not_one_call_is_made_without_consent(
    end: Undo, told: Operation, watched: KeyHandle, alice: User, refonte: Sandbox
) -> None:
    end(alice, watched)
    call(told)
    assert read_called_once() == 0
    assert refonte.calls == []
    row = CallbackAddress.objects.first()
    assert row is None or row.due_at is None


@pytest.mark.parametrize("end", ENDS)
def test_nor_where_it_ends_after_the_worker_began(
    end: Undo,
    told: Operation,
    watched: KeyHandle,
    alice: User,
    refonte: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = readings._next

    def then_it_ends(*found: object) -> object:
        due = find(*found)  # type: ignore[arg-type]  # as it was called
        end(alice, watched)
        return due

    call(told)
    monkeypatch.setattr(readings, "_next", then_it_ends)
    assert read_called_once() == 0
    assert refonte.calls == []


@pytest.mark.parametrize("end", ENDS)
def test_nor_where_it_ends_while_the_worker_waits_for_the_database(
    end: Undo,
    told: Operation,
    watched: KeyHandle,
    alice: User,
    refonte: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note = readings._note_read

    def then_it_ends(*noted: object) -> None:
        note(*noted)  # type: ignore[arg-type]  # as it was called
        end(alice, watched)

    call(told)
    monkeypatch.setattr(readings, "_note_read", then_it_ends)
    assert read_called_once() == 0
    assert refonte.calls == []


def test_a_batch_is_read_at_most_once_in_ten_seconds(
    told: Operation, refonte: Sandbox, clock: Clock
) -> None:
    for _ in range(60):
        call(told)
        run(clock, seconds=2)
    # two minutes
    assert 11 <= status_calls(refonte) <= 12
    times = [one.at for one in refonte.calls_to("GET", "/batches/*/status")]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= timedelta(seconds=10)


def test_the_last_call_of_many_is_followed_by_a_reading(
    told: Operation, refonte: Sandbox, clock: Clock
) -> None:
    call(told)
    run(clock, seconds=4)
    refonte.set_status("kitten-07", "completed")
    call(told)
    assert run(clock, seconds=4) == 0
    assert run(clock, seconds=10) == 1
    assert recorded() == "completed"
    assert run(clock, seconds=60) == 0


def test_a_call_while_the_batch_is_read_is_followed_by_another_reading(
    told: Operation, refonte: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = requests.get_status

    def then_it_is_called(key: KeyHandle, name: str) -> object:
        found = ask(key, name)
        clock.shift(2)
        call(told)
        return found

    call(told)
    with monkeypatch.context() as patch:
        patch.setattr(requests, "get_status", then_it_is_called)
        assert read_called_once() == 1
    assert run(clock, seconds=6) == 0
    assert run(clock, seconds=10) == 1
    assert row().due_at is None


@pytest.mark.parametrize("apart", [0.0, -3.0], ids=["one clock", "the web host is behind"])
def test_nor_is_one_lost_that_follows_another_within_a_second(
    apart: float,
    told: Operation,
    refonte: Sandbox,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask = requests.get_status

    def then_it_completes(key: KeyHandle, name: str) -> object:
        found = ask(key, name)
        refonte.set_status(name, "completed")
        clock.shift(0.3 + apart)
        call(told)
        clock.shift(-apart)
        return found

    clock.shift(apart)
    call(told)
    clock.shift(0.3 - apart)
    with monkeypatch.context() as patch:
        patch.setattr(requests, "get_status", then_it_completes)
        assert read_called_once() == 1
    run(clock, seconds=16)
    assert recorded() == "completed"
    assert row().due_at is None


def test_two_addresses_of_one_batch_are_one_batch(
    told: Operation, refonte: Sandbox, alice: User, watched: KeyHandle, clock: Clock
) -> None:
    refonte.fault("status", match=POST_CREATE, times=1, code=400)
    refonte.remove("kitten-07")
    other = create_told(alice, watched)  # refused, and has an address all the same
    refonte.add_batch("kitten-07")
    refonte.forget_calls()
    call(told, other)
    assert run(clock, seconds=10) == 1
    assert run(clock, seconds=20) == 1
    assert run(clock, seconds=60) == 0


def test_several_batches_of_a_key_are_read_four_at_a_time(
    told: Operation, refonte: Sandbox, alice: User, watched: KeyHandle
) -> None:
    others = [create_told(alice, watched, f"kitten-{number}") for number in range(10, 16)]
    refonte.forget_calls()
    call(told, *others)
    assert [read_called_once() for _ in range(3)] == [4, 3, 0]


def test_it_stays_within_the_budget_and_is_counted_in_it(
    told: Operation, refonte: Sandbox, watched: KeyHandle, settings: Settings, clock: Clock
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6
    for _ in range(6):
        budget.reserve_call(fingerprint=watched.fingerprint, use=CallUse.WALK)
    call(told)
    assert run(clock, seconds=58) == 0
    assert run(clock, seconds=10) == 1
    assert [one.background for one in CallMinute.objects.order_by("minute")] == [6, 1]


def test_it_waits_where_refonte_asked_to_wait(
    told: Operation, refonte: Sandbox, clock: Clock
) -> None:
    refonte.fault("status", match=STATUS, times=1, code=429, headers={"Retry-After": "30"})
    call(told)
    assert run(clock, seconds=28) == 1
    assert run(clock, seconds=12) == 1
    assert row().due_at is None


def test_a_failure_is_tried_again_after_ten_seconds_and_given_up_after_ten_minutes(
    told: Operation, refonte: Sandbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    refonte.fault("status", match=STATUS, times=1, code=404)
    refonte.fault("html", match=STATUS, code=422)
    call(told)
    assert run(clock, seconds=8) == 1  # a 404 is an answer
    assert SeenBatch.objects.get().absent_at
    call(told)
    clock.shift(10)
    assert run(clock, seconds=8) == 1
    assert "a batch not read" in caplog.text
    assert run(clock, seconds=4) == 1
    run(clock, seconds=600)
    assert row().due_at is None


def test_a_key_that_was_replaced_since_reads_with_the_new_one(
    told: Operation, alice: User, watched: KeyHandle, refonte: Sandbox
) -> None:
    refonte.add_key(NEW_KEY, "live")
    replace_key(user=alice, key=watched, secret=Secret(NEW_KEY))
    refonte.refuse_key(LIVE_KEY)
    refonte.set_status("kitten-07", "completed")
    refonte.forget_calls()
    call(told)
    assert read_called_once() == 1
    now = ApiKey.objects.get().fingerprint
    assert now != watched.fingerprint
    assert SeenBatch.objects.get(fingerprint=now, name="kitten-07").status == "completed"


def test_while_refonte_does_not_respond_no_call_is_made(
    told: Operation, refonte: Sandbox, clock: Clock
) -> None:
    call(told)
    with mock.patch.object(Breaker, "seconds_left", 5):
        assert run(clock, seconds=20) == 0
    assert CallMinute.objects.count() == 0
    assert run(clock, seconds=6) == 1


def test_a_refused_key_is_marked_and_left_alone(
    told: Operation, refonte: Sandbox, clock: Clock
) -> None:
    refonte.refuse_key(LIVE_KEY)
    call(told)
    assert run(clock, seconds=60) == 1
    assert ApiKey.objects.get().is_refused
    call(told)
    assert run(clock, seconds=60) == 0


def test_the_key_of_the_create_is_used_and_no_other(
    told: Operation, refonte: Sandbox, alice: User, bob: User, key_for: KeyMaker, watched: KeyHandle
) -> None:
    refonte.add_key("key-of-bob-1234", "live")
    key_for(bob, api_key="key-of-bob-1234", keep_watch=True)
    call(told)
    assert readings.due_keys(now=timezone.now()) == [watched.fingerprint]
    ApiKey.objects.filter(owner=alice).update(keep_watch=False)
    assert read_called_once() == 0
    assert refonte.calls == []


def test_two_workers_read_it_once(told: Operation, watched: KeyHandle, refonte: Sandbox) -> None:
    call(told)
    with mock.patch.object(leases, "acquire", return_value=None):  # the other one has it
        assert read_called_once() == 0
    assert read_called_once() == 1
    assert LeasePurpose.CALLED in LeasePurpose


def test_a_worker_killed_in_mid_call_leaves_it_to_the_next_one(
    told: Operation, refonte: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    call(told)
    with monkeypatch.context() as patch:
        patch.setattr(requests, "get_status", killed)
        with pytest.raises(SystemExit):
            read_called_once()
    assert run(clock, seconds=40) == 0  # until its lease ends
    assert run(clock, seconds=10) == 1


def test_a_worker_that_stops_makes_no_further_call(told: Operation, refonte: Sandbox) -> None:
    call(told)
    [due] = readings.due_keys(now=timezone.now())
    assert readings.read_called(fingerprint=due, goes_on=lambda: False) == 0
    assert refonte.calls == []


@pytest.mark.django_db(transaction=True)
def test_the_loop_of_the_worker_reads_it(told: Operation, refonte: Sandbox) -> None:
    call(told)
    schedule.read_called_batches.call_local()
    loops.called_threads.wait()
    assert status_calls(refonte) == 1


def test_a_database_that_does_not_answer_stops_no_loop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(readings, "due_keys", mock.Mock(side_effect=OperationalError("gone")))
    caplog.set_level(logging.INFO)
    loops.read_called_once()
    assert "could not be asked for batches to read" in caplog.text


def test_what_is_due_is_found_among_any_number_of_addresses(told: Operation) -> None:
    call(told)
    with plans_of("batches_callbackaddress") as plans:
        readings.due_keys(now=timezone.now())
    assert [step for step in plans if "callback_due" in step]
