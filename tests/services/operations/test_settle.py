"""What a killed process or a silent vendor left open: settled once, whoever comes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.utils import timezone

from batches.models import ApiKey, Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import ledger, queues, settle
from batches.services.operations.outcomes import Outcome
from batches.services.operations.queues import settle_due_operations
from batches.services.operations.settle import settle_operation
from batches.services.operations.steps import Ready
from tests.support.operations import (
    POST_CREATE,
    READ,
    abandoned_operation,
    create,
    prioritize,
    settle_in,
)
from tests.support.vendor import KeyMaker


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    refonte.add_project("kittens")
    return key_for(alice)


def test_killed_before_sending_was_not_sent(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    operation = abandoned_operation(alice, key, State.WAITING)
    settle_in(0, operation)
    assert operation.state == State.NOT_SENT
    assert refonte.calls == []


def test_killed_after_the_post_is_found_by_reading(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(alice, key, State.SENDING)
    refonte.add_batch("kitten-07", project="kittens")
    settle_in(0, operation)
    assert operation.state == State.SUCCEEDED
    assert refonte.calls_to("POST", "/batches") == []


def test_killed_while_a_finalize_was_sent_is_read(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07", status="in_progress")
    operation = abandoned_operation(
        alice, key, State.SENDING, verb=Verb.FINALIZE, status_before="staging"
    )
    settle_in(0, operation)
    assert operation.state == State.SUCCEEDED


def test_killed_while_a_priority_was_sent_stays_unconfirmed(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(
        alice, key, State.SENDING, verb=Verb.PRIORITIZE, parameters={"priority": 20}
    )
    settle_in(0, operation)
    assert operation.state == State.UNCONFIRMED
    assert refonte.calls == []


def test_what_another_worker_has_is_not_settled(alice: User, key: KeyHandle) -> None:
    abandoned_operation(
        alice, key, State.SENDING, leased_until=timezone.now() + timedelta(seconds=10)
    )
    assert settle_in(0) == 0


def test_a_sender_that_lost_its_lease_sends_nothing(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    def overtaken(operation: Operation, ready: Ready) -> bool:
        Operation.objects.update(state=State.NOT_SENT, leased_until=None)
        return original(operation, ready)

    original = ledger.mark_sending
    with mock.patch.object(ledger, "mark_sending", overtaken):
        operation = create(alice, key)
    assert operation.state == State.NOT_SENT
    assert refonte.calls_to("POST", "/batches") == []


def test_an_outcome_that_comes_too_late_changes_nothing(alice: User, key: KeyHandle) -> None:
    operation = abandoned_operation(alice, key, State.SENDING)
    Operation.objects.update(leased_until=timezone.now() + timedelta(seconds=9))
    late = Outcome(state=State.SUCCEEDED, message="Late news.")
    assert not ledger.write_outcome(operation, late)
    operation.refresh_from_db()
    assert operation.state == State.SENDING


@pytest.mark.django_db(transaction=True)
def test_two_workers_settle_each_once(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    for number in range(6):
        abandoned_operation(alice, key, State.SENDING, batch_name=f"kitten-{number}")
        refonte.add_batch(f"kitten-{number}", project="kittens")

    def work(_: int) -> int:
        try:
            return settle_due_operations(now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(work, range(2))) == 6
    assert len(refonte.calls) == 6
    assert set(Operation.objects.values_list("state", flat=True)) == {State.SUCCEEDED}


def test_a_deleted_key_leaves_it_unconfirmed(alice: User, key: KeyHandle) -> None:
    operation = abandoned_operation(alice, key, State.CHECKING)
    ApiKey.objects.all().delete()
    settle_in(0, operation)
    assert operation.state == State.UNCONFIRMED
    assert "deleted or replaced" in operation.message


def test_a_replaced_key_is_not_asked_about_another_accounts_batch(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(alice, key, State.CHECKING)
    ApiKey.objects.update(fingerprint="0" * 16)
    settle_in(0, operation)
    assert operation.state == State.UNCONFIRMED
    assert refonte.calls == []


def test_a_waiting_one_of_a_person_who_may_no_longer_operate_is_not_sent(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(alice, key, State.WAITING, next_check_at=timezone.now())
    alice.groups.clear()
    settle_in(1, operation)
    assert operation.state == State.NOT_SENT
    assert "may no longer operate" in operation.message
    assert refonte.calls == []


def test_one_that_has_waited_for_a_day_is_not_sent(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    now = timezone.now()
    long_ago = now - timedelta(days=2)
    operation = abandoned_operation(
        alice, key, State.WAITING, created_at=long_ago, next_check_at=now
    )
    settle_in(1, operation)
    assert operation.state == State.NOT_SENT
    assert operation.message.startswith("It has waited for a day")
    assert refonte.calls == []


def test_after_a_day_without_an_answer_it_stays_unconfirmed(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(
        alice, key, State.CHECKING, created_at=timezone.now() - timedelta(days=2)
    )
    settle_in(0, operation)
    assert operation.state == State.UNCONFIRMED
    assert "for a day" in operation.message


@pytest.mark.parametrize("error", [OperationalError("locked"), KeyError("priority")])
def test_one_that_fails_does_not_stop_the_rest_of_the_run(
    refonte: Sandbox, alice: User, key: KeyHandle, error: Exception
) -> None:
    refonte.add_batch("kitten-07", project="kittens")
    for _ in range(2):
        abandoned_operation(alice, key, State.CHECKING)
    with mock.patch.object(settle, "_settle", side_effect=[error, True]):
        assert settle_in(0) == 1


def test_a_run_ends_when_its_time_is_over(alice: User, key: KeyHandle) -> None:
    abandoned_operation(alice, key, State.CHECKING)
    with mock.patch.object(queues, "SECONDS_A_RUN", -1):
        assert settle_in(0) == 0


def test_a_page_settles_what_is_due_and_sends_nothing(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    operation = create(alice, key)
    assert settle_operation(operation=operation).state == State.CHECKING
    Operation.objects.update(next_check_at=timezone.now())
    assert settle_operation(operation=operation).state == State.SUCCEEDED
    waiting = abandoned_operation(
        alice, key, State.WAITING, batch_name="x", next_check_at=timezone.now()
    )
    assert settle_operation(operation=waiting).state == State.WAITING


def test_a_throttled_check_waits_as_long_as_asked(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(alice, key, State.CHECKING)
    refonte.fault("status", times=1, code=429, headers={"Retry-After": "120"})
    settle_in(0, operation)
    assert operation.next_check_at
    assert operation.next_check_at > timezone.now() + timedelta(seconds=100)


def test_a_name_no_address_can_carry_is_not_sent(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = prioritize(alice, key, name="..")
    assert operation.state == State.NOT_SENT
    assert refonte.calls == []


def test_a_key_that_does_not_open_is_not_sent_with(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    ApiKey.objects.update(sealed="spoilt")
    operation = prioritize(alice, key)
    assert operation.state == State.NOT_SENT
    assert "enter it again" in operation.message
