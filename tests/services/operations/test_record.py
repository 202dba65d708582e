"""A form sends once, however often it is posted, and not too often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.utils import timezone

from batches.models import ApiKey, Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import errors, ledger, record, settle
from batches.services.operations.record import WriteRequest
from tests.support.operations import create, finalize, prioritize, settle_in
from tests.support.vendor import KeyMaker, with_replaced_key


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    refonte.add_project("kittens")
    refonte.add_batch("puppy-01")
    return key_for(alice)


def test_the_same_form_again_is_that_operation(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    form_id = uuid4()
    first = create(alice, key, form_id=form_id)
    with pytest.raises(errors.AlreadySent) as again:
        create(alice, key, form_id=form_id)
    assert again.value.operation == first
    assert len(refonte.calls) == 2


def test_the_same_form_after_its_key_was_replaced_is_that_operation(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    form_id = uuid4()
    first = create(alice, key, form_id=form_id)
    with pytest.raises(errors.AlreadySent) as again:
        create(alice, with_replaced_key(key), form_id=form_id)
    assert again.value.operation == first


@pytest.mark.parametrize(
    "other",
    [
        {"project": "dogs"},
        {"name": "kitten-08"},
        {"callback": "https://two.example/"},
        {"calibration_batch": True},
        {"priority": 20},
    ],
    ids=str,
)
def test_the_same_form_with_other_content_sends_nothing(
    refonte: Sandbox, alice: User, key: KeyHandle, other: dict[str, Any]
) -> None:
    form: dict[str, Any] = {"form_id": uuid4(), "callback": "https://one.example/"}
    create(alice, key, **form)
    with pytest.raises(errors.FormReused):
        create(alice, key, **form | other)
    assert Operation.objects.count() == 1


def test_the_same_form_with_another_action_sends_nothing(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    form_id = uuid4()
    prioritize(alice, key, name="puppy-01", form_id=form_id)
    with pytest.raises(errors.FormReused):
        finalize(alice, key, name="puppy-01", form_id=form_id)
    with pytest.raises(errors.FormReused):
        prioritize(alice, key, name="puppy-01", form_id=form_id, priority=10)
    assert Operation.objects.count() == 1


def test_somebody_elses_form_id_opens_nothing(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    form_id = uuid4()
    create(alice, key, form_id=form_id)
    with pytest.raises(errors.FormReused):
        create(bob, key_for(bob), form_id=form_id)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_in_two_threads_sends_once(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    form_id = uuid4()

    def click(_: int) -> str:
        try:
            return create(alice, key, form_id=form_id).state
        except errors.AlreadySent:
            return "already sent"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        outcomes = sorted(threads.map(click, range(4)))
    assert outcomes == ["already sent"] * 3 + [State.SUCCEEDED]
    assert len(refonte.calls_to("POST", "/batches")) == 1


def test_the_slower_half_of_a_double_click_is_recognised(alice: User, key: KeyHandle) -> None:
    form_id = uuid4()
    create(alice, key, form_id=form_id)
    repeats = [None, mock.DEFAULT]  # the first time it finds nothing yet
    whole = record._refuse_repeat
    with (
        mock.patch.object(record, "_refuse_repeat", wraps=whole, side_effect=repeats),
        pytest.raises(errors.AlreadySent),
    ):
        create(alice, key, form_id=form_id)


def test_thirty_writes_a_minute_with_a_key_and_no_more(alice: User, key: KeyHandle) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(30):
            prioritize(alice, key, name="puppy-01")
        clock.shift(20)
        with pytest.raises(errors.TooMany) as refusal:
            prioritize(alice, key, name="puppy-01")
        assert refusal.value.retry_after == 40
        clock.shift(41)
        assert prioritize(alice, key, name="puppy-01").state == State.SUCCEEDED


def test_a_replaced_key_brings_no_more_of_them(alice: User, key: KeyHandle) -> None:
    for _ in range(30):
        prioritize(alice, key, name="puppy-01")
    with pytest.raises(errors.TooMany):
        prioritize(alice, with_replaced_key(key), name="puppy-01")


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_writes_that_come_at_once(alice: User, key: KeyHandle) -> None:
    def ask(_: int = 0) -> int:
        wanted = WriteRequest(
            user=alice, key=key, form_id=uuid4(), verb=Verb.FINALIZE, batch_name="puppy-01"
        )
        with suppress(errors.TooMany):
            record.record(wanted)
            return 1
        return 0

    start = threading.Barrier(8, timeout=60)

    def ask_in_thread(_: int) -> int:
        connection.ensure_connection()
        start.wait()
        try:
            return ask()
        finally:
            connection.close()

    assert sum(map(ask, range(29))) == 29
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask_in_thread, range(8))) == 1


def test_a_batch_with_a_first_priority_counts_once(alice: User, key: KeyHandle) -> None:
    for number in range(16):
        create(alice, key, name=f"kitten-{number}", priority=20)
    assert Operation.objects.count() == 32
    assert prioritize(alice, key, name="puppy-01").state == State.SUCCEEDED


def test_the_limit_counts_each_person_alone(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    for _ in range(30):
        prioritize(alice, key, name="puppy-01")
    assert prioritize(bob, key_for(bob), name="puppy-01").state == State.SUCCEEDED


def test_the_limit_counts_each_key_alone(
    alice: User, key: KeyHandle, key_for: KeyMaker, refonte: Sandbox
) -> None:
    refonte.add_batch("puppy-01", mode="test")
    for _ in range(30):
        prioritize(alice, key, name="puppy-01")
    other = prioritize(alice, key_for(alice, mode="test"), name="puppy-01")
    assert other.state == State.SUCCEEDED


def test_a_database_that_cannot_be_written_refuses_before_the_vendor_is_asked(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    with (
        mock.patch.object(Operation, "save", side_effect=OperationalError("disk is full")),
        pytest.raises(errors.CannotRecord),
    ):
        create(alice, key)
    assert refonte.calls == []


def test_a_database_that_fails_before_the_post_sends_nothing(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    with (
        mock.patch.object(ledger, "mark_sending", side_effect=OperationalError("locked")),
        pytest.raises(errors.CannotRecord),
    ):
        create(alice, key)
    assert refonte.calls_to("POST", "/batches") == []
    operation = Operation.objects.get()
    settle_in(60, operation)
    assert operation.state == State.NOT_SENT


def test_an_outcome_that_cannot_be_recorded_is_settled_later(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    with mock.patch.object(ledger, "write_outcome", side_effect=OperationalError("locked")):
        operation = create(alice, key)
    assert operation.state == State.SENDING
    assert "Do not send it again" in operation.message
    settle_in(60, operation)
    assert operation.state == State.SUCCEEDED
    assert len(refonte.calls_to("POST", "/batches")) == 1


def test_without_its_first_priority_the_outcome_is_not_recorded(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    with mock.patch.object(ledger, "record_first_priority", side_effect=OperationalError("full")):
        operation = create(alice, key, priority=20)
    assert operation.state == State.SENDING
    settle_in(60, operation)
    assert operation.state == State.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_a_key_deleted_in_between_is_not_sent_with(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07", status="staging")
    ApiKey.objects.all().delete()
    with pytest.raises(errors.KeyGone):
        finalize(alice, key)
    assert refonte.calls == []


def test_a_waiting_one_is_withdrawn_by_its_person_only(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle
) -> None:
    refonte.fault("status", times=1, code=429, headers={"Retry-After": "30"})
    operation = prioritize(alice, key, name="puppy-01")
    with pytest.raises(errors.NotYours):
        settle.withdraw_operation(operation=operation, user=bob)
    settle.withdraw_operation(operation=operation, user=alice)
    assert operation.state == State.NOT_SENT
    assert "Withdrawn by alice" in operation.message
    assert settle_in(60) == 0


def test_one_that_is_being_sent_cannot_be_withdrawn(alice: User, key: KeyHandle) -> None:
    operation = prioritize(alice, key, name="puppy-01")
    lease = timezone.now() + timedelta(seconds=20)
    Operation.objects.update(state=State.WAITING, leased_until=lease)
    settle.withdraw_operation(operation=operation, user=alice)
    assert operation.state == State.WAITING
