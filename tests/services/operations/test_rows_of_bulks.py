"""Operations of a bulk are settled as people's are, but after those, and within the budget."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import (
    ApiKey,
    Bulk,
    BulkState,
    CallMinute,
    CallUse,
    Operation,
    State,
    Verb,
)
from batches.refonte import NotSent
from batches.sandbox import Sandbox
from batches.services.background import budget
from batches.services.keys.types import KeyHandle
from batches.services.operations import queues
from batches.services.operations.settle import settle_operation
from batches.services.vendor import key_states
from batches.services.vendor.calls import safeguards
from tests.support.operations import abandoned_operation, settle_in
from tests.support.vendor import KeyMaker

Clock = time_machine.Traveller


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox, clock: Clock) -> KeyHandle:
    refonte.add_project("kittens")
    return key_for(alice)


@pytest.fixture
def bulk(alice: User, key: KeyHandle) -> Bulk:
    return Bulk.objects.create(
        form_id=uuid4(),
        user=alice,
        fingerprint=key.fingerprint,
        verb=Verb.PRIORITIZE,
        state=BulkState.FINISHED,
        created_at=timezone.now(),
    )


def left(alice: User, key: KeyHandle, name: str, **fields: Any) -> Operation:
    asked = {"verb": Verb.PRIORITIZE, "parameters": {"priority": 25}, "batch_name": name} | fields
    asked.setdefault("next_check_at", timezone.now())
    state = asked.pop("state", State.WAITING)
    return abandoned_operation(alice, key, state, **asked)


def sent(refonte: Sandbox) -> list[str]:
    return [call.path.split("/")[2] for call in refonte.calls if call.method == "POST"]


def test_what_people_sent_is_settled_first(
    refonte: Sandbox, alice: User, key: KeyHandle, bulk: Bulk
) -> None:
    for number in range(5):
        left(alice, key, f"row-{number}", bulk=bulk)
    left(alice, key, "single", created_at=timezone.now())

    assert queues.settle_key(fingerprint=key.fingerprint) == 4
    assert (sent(refonte)[0], len(sent(refonte))) == ("single", 4)


def test_keys_with_what_people_sent_come_first(
    refonte: Sandbox, alice: User, key: KeyHandle, key_for: KeyMaker, bulk: Bulk
) -> None:
    other = key_for(alice, mode="test")
    left(alice, key, "row", bulk=bulk, state=State.SENDING)
    left(alice, other, "single")
    assert queues.due_keys(now=timezone.now()) == [other.fingerprint, key.fingerprint]


def test_rows_left_by_a_kill_before_they_were_sent_are_sent(
    refonte: Sandbox, alice: User, key: KeyHandle, bulk: Bulk
) -> None:
    refonte.add_batch("row")
    operation = left(alice, key, "row", bulk=bulk)
    settle_in(0, operation)
    assert operation.state == State.SUCCEEDED
    assert CallMinute.objects.get().bulk == 1


def test_a_check_waits_while_the_budget_is_used_up(
    refonte: Sandbox, alice: User, key: KeyHandle, bulk: Bulk, clock: Clock
) -> None:
    operation = left(
        alice, key, "row", bulk=bulk, verb=Verb.CREATE, state=State.SENDING, parameters={}
    )
    while budget.reserve_call(fingerprint=key.fingerprint, use=CallUse.BULK):
        pass

    assert settle_in(0, operation) == 0
    assert (operation.state, operation.leased_until) == (State.SENDING, None)
    assert refonte.calls == []
    clock.shift(61)
    settle_in(0, operation)
    assert operation.state == State.CHECKING
    assert len(refonte.calls) == 1


def test_a_person_who_looks_at_a_row_has_it_checked_at_once(
    refonte: Sandbox, alice: User, key: KeyHandle, bulk: Bulk
) -> None:
    refonte.add_batch("row", project="kittens")
    operation = left(
        alice, key, "row", bulk=bulk, verb=Verb.CREATE, state=State.SENDING, parameters={}
    )
    while budget.reserve_call(fingerprint=key.fingerprint, use=CallUse.BULK):
        pass
    assert settle_operation(operation=operation).state == State.SUCCEEDED


def wait_as_told(key: KeyHandle) -> None:
    key_states.mark_throttled(key=key, retry_after=30)


def open_breaker(key: KeyHandle) -> None:
    for _ in range(3):
        with pytest.raises(NotSent), safeguards().breaker.guard():
            raise NotSent("refused")


@pytest.mark.parametrize("holds", [wait_as_told, open_breaker])
def test_a_row_that_waits_is_not_given_up_while_nothing_may_be_asked(
    holds: Any, refonte: Sandbox, alice: User, key: KeyHandle, bulk: Bulk, clock: Clock
) -> None:
    refonte.add_batch("row")
    operation = left(alice, key, "row", bulk=bulk)
    holds(key)

    assert settle_in(0, operation) == 0
    assert operation.state == State.WAITING
    assert operation.next_check_at
    assert operation.next_check_at > timezone.now()
    assert refonte.calls == []
    clock.shift(31)
    settle_in(0, operation)
    assert operation.state == State.SUCCEEDED


def test_rows_of_an_account_that_may_no_longer_operate_are_not_sent(
    refonte: Sandbox, alice: User, key: KeyHandle, bulk: Bulk
) -> None:
    operation = left(alice, key, "row", bulk=bulk)
    alice.groups.clear()
    settle_in(0, operation)
    assert operation.state == State.NOT_SENT
    assert refonte.calls == []
    assert timezone.now() - operation.created_at < timedelta(hours=1)
    assert ApiKey.objects.get().last_used_at is None
