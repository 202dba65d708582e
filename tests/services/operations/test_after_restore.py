"""A backup is older than what was done: nothing that it holds may be sent by itself."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import after_restore, ledger, protocol
from batches.services.operations.after_restore import MESSAGE
from tests.support.operations import (
    POST_PRIORITIZE,
    abandoned_operation,
    create,
    prioritize,
    settle_in,
    settle_until_given_up,
    states_of,
)
from tests.support.vendor import KeyMaker


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    refonte.add_project("kittens")
    return key_for(alice)


def posts(refonte: Sandbox) -> list[str]:
    return [call.path for call in refonte.calls if call.method == "POST"]


def test_what_waited_is_not_sent_and_its_history_says_so(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07")
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429)
    operation = prioritize(alice, key)
    assert operation.state == State.WAITING
    refonte.forget_calls()
    assert after_restore.settle_as_not_sent() == 1
    assert settle_in(600, operation) == 0
    assert (operation.state, operation.message) == (State.NOT_SENT, MESSAGE)
    assert operation.settled_at
    assert states_of(operation)[-1] == State.NOT_SENT
    assert refonte.calls == []


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time anyway")
def test_no_worker_takes_one_while_they_are_settled(alice: User, key: KeyHandle) -> None:
    abandoned_operation(alice, key, State.WAITING)
    with CaptureQueriesContext(connection) as asked:
        after_restore.settle_as_not_sent()
    assert [query for query in asked if "FOR UPDATE" in query["sql"] and "waiting" in query["sql"]]


def test_what_had_a_lease_in_the_backup_is_not_sent_either(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(
        alice, key, State.WAITING, leased_until=timezone.now() + timedelta(seconds=20)
    )
    assert after_restore.settle_as_not_sent() == 1
    settle_in(600, operation)
    assert operation.state == State.NOT_SENT
    assert refonte.calls == []


@pytest.mark.parametrize("state", [State.SENDING, State.CHECKING])
@pytest.mark.parametrize("verb", protocol.STEPS)  # all that is sent
@pytest.mark.parametrize("status", ["", "staging", "in_progress"])
def test_what_was_under_way_is_settled_by_reading_alone(
    refonte: Sandbox, alice: User, key: KeyHandle, verb: Verb, state: State, status: str
) -> None:
    if status:
        refonte.add_batch("kitten-07", project="kittens", status=status)
    operation = abandoned_operation(
        alice, key, state, verb=verb, status_before="staging", parameters={"priority": 20}
    )
    after_restore.settle_as_not_sent()
    operation.refresh_from_db()
    assert operation.state == state
    settle_until_given_up(operation)
    assert not operation.is_open
    assert posts(refonte) == []


def test_a_create_that_is_found_sends_no_first_priority(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = abandoned_operation(alice, key, State.CHECKING, parameters={"priority": 20})
    refonte.add_batch("kitten-07", project="kittens")
    assert after_restore.settle_as_not_sent() == 1
    settle_in(0, operation)
    assert operation.state == State.SUCCEEDED
    follow_up = ledger.first_priority_of(operation=operation)
    assert follow_up
    assert settle_in(600, follow_up) == 0
    assert (follow_up.state, follow_up.message) == (State.NOT_SENT, MESSAGE)
    assert states_of(follow_up) == [State.WAITING, State.NOT_SENT]
    assert posts(refonte) == []


def test_a_second_run_finds_nothing_to_do(alice: User, key: KeyHandle) -> None:
    abandoned_operation(alice, key, State.WAITING)
    abandoned_operation(alice, key, State.SENDING, parameters={"priority": 20})
    assert after_restore.settle_as_not_sent() == 2
    before = list(Operation.objects.values())
    assert after_restore.settle_as_not_sent() == 0
    assert list(Operation.objects.values()) == before


def test_what_is_settled_stays_as_it_is(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    operation = create(alice, key)
    before = Operation.objects.values().get()
    assert after_restore.settle_as_not_sent() == 0
    assert Operation.objects.values().get(id=operation.id) == before
