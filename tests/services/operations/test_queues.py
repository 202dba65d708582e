"""Settling by key: nobody's operation waits for those of another key, and none is settled twice."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Lease, LeasePurpose, Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services import leases
from batches.services.background.threads import KeyThreads
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle
from batches.services.operations import ledger, queues
from batches.services.operations.queues import (
    QueueCounts,
    count_queues,
    due_keys,
    settle_due_operations,
    settle_key,
)
from tests.support.clock import NOON
from tests.support.operations import abandoned_operation, unsaved_operation
from tests.support.reads import run_together
from tests.support.vendor import KeyMaker

SETTLE = LeasePurpose.SETTLE


def acquire(key: KeyHandle, purpose: LeasePurpose = SETTLE) -> LeaseHandle | None:
    length = queues.lease_length()
    return leases.acquire(Lease, length=length, fingerprint=key.fingerprint, purpose=purpose)


@pytest.fixture
def busy(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    """Alice's, with which much is to be sent."""
    refonte.add_project("kittens")
    return key_for(alice)


@pytest.fixture
def quiet(key_for: KeyMaker, bob: User, refonte: Sandbox) -> KeyHandle:
    """Bob's own."""
    refonte.add_key("live_key_of_bob_alone", "live")
    return key_for(bob, api_key="live_key_of_bob_alone")


def add_waiting(user: User, key: KeyHandle, number: int, **fields: Any) -> None:
    """Priorities that Refonte asked to wait with, the first one the oldest."""
    now = timezone.now()
    values = {"verb": Verb.PRIORITIZE, "parameters": {"priority": 20}, "next_check_at": now}
    Operation.objects.bulk_create(
        unsaved_operation(
            user,
            key,
            state=State.WAITING,
            batch_name=f"going-{place:03}",
            created_at=now - timedelta(hours=1) + timedelta(seconds=place),
            **(values | fields),
        )
        for place in range(number)
    )


def add_lost(user: User, key: KeyHandle, **fields: Any) -> Operation:
    """A finalize whose answer was lost; by now the batch has started."""
    return abandoned_operation(
        user, key, State.CHECKING, verb=Verb.FINALIZE, status_before="staging", **fields
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Operation]:
    """What would be settled, in order."""
    settled: list[Operation] = []

    def take(operation: Operation) -> bool:
        settled.append(operation)
        return ledger.acquire_lease(operation)

    monkeypatch.setattr(queues, "settle_due", take)
    return settled


def test_a_lost_answer_is_checked_first_though_another_key_has_400_to_send(
    alice: User, bob: User, busy: KeyHandle, quiet: KeyHandle, refonte: Sandbox
):
    add_waiting(alice, busy, 400)
    refonte.add_batch("kitten-07", status="in_progress")
    lost = add_lost(bob, quiet, batch_name="kitten-07")

    assert due_keys(now=timezone.now()) == [quiet.fingerprint, busy.fingerprint]
    assert settle_due_operations(now=timezone.now()) == 21

    lost.refresh_from_db()
    assert lost.state == State.SUCCEEDED
    assert refonte.calls[0].path == "/batches/kitten-07/status"
    waiting = Operation.objects.filter(state=State.WAITING).count()
    assert waiting == 380


def test_of_one_key_lost_answers_come_first_and_all_in_the_order_they_were_asked_for(
    alice: User, busy: KeyHandle, asked: list[Operation]
):
    add_waiting(alice, busy, 30)
    now = timezone.now()
    checks = [
        add_lost(alice, busy, created_at=now - timedelta(minutes=minutes)) for minutes in (1, 9, 5)
    ]

    settle_key(fingerprint=busy.fingerprint)

    assert [operation.id for operation in asked[:3]] == [checks[n].id for n in (1, 2, 0)]
    names = [operation.batch_name for operation in asked[3:]]
    assert names == [f"going-{place:03}" for place in range(17)]


def test_who_was_served_longest_ago_comes_first(
    alice: User, bob: User, busy: KeyHandle, quiet: KeyHandle, asked: list[Operation]
):
    add_waiting(alice, busy, 50)
    add_waiting(bob, quiet, 50)
    first, second = due_keys(now=timezone.now())
    served = []
    for _ in range(4):
        served.append(due_keys(now=timezone.now())[0])
        settle_key(fingerprint=served[-1])

    assert served == [first, second, first, second]


def test_nothing_due_costs_one_query(busy: KeyHandle, django_assert_num_queries: Any):
    with django_assert_num_queries(1):
        assert settle_due_operations(now=timezone.now()) == 0


# Several workers


@pytest.mark.django_db(transaction=True)
def test_two_workers_settle_two_queues(
    alice: User, bob: User, busy: KeyHandle, quiet: KeyHandle, monkeypatch: pytest.MonkeyPatch
):
    add_waiting(alice, busy, 20)
    add_waiting(bob, quiet, 20)
    both, at_work, clashes = threading.Barrier(2, timeout=60), Counter[str](), []

    def settle(operation: Operation) -> bool:
        key = operation.fingerprint
        at_work[key] += 1
        if at_work[key] > 1:
            clashes.append(operation)
        if operation.batch_name == "going-000":
            both.wait()  # so that both are in a run at once
        at_work[key] -= 1
        return ledger.acquire_lease(operation)

    monkeypatch.setattr(queues, "settle_due", settle)
    settled = run_together(2, lambda: settle_due_operations(now=timezone.now()))

    assert not clashes
    assert not both.broken
    assert sum(settled) == 40
    assert {*settled} == {20}


@pytest.mark.parametrize("seconds_left", [1, 0])
def test_the_queue_of_a_worker_that_died_is_taken_over_when_its_lease_ends(
    seconds_left: int,
    alice: User,
    busy: KeyHandle,
    asked: list[Operation],
    clock: time_machine.Traveller,
):
    add_waiting(alice, busy, 1)
    died = acquire(busy)
    assert died
    clock.shift(queues.lease_length() - timedelta(seconds=seconds_left))

    assert settle_due_operations(now=timezone.now()) == (0 if seconds_left else 1)


def test_who_takes_over_finds_the_row_that_was_left_before_the_ones_after_it(
    alice: User, busy: KeyHandle, asked: list[Operation], clock: time_machine.Traveller
):
    add_waiting(alice, busy, 2)
    acquire(busy)
    first = Operation.objects.get(batch_name="going-000")
    ledger.acquire_lease(first)
    clock.shift(queues.lease_length())

    settle_due_operations(now=timezone.now())

    assert [operation.batch_name for operation in asked] == ["going-000", "going-001"]


def test_a_worker_that_lost_its_queue_settles_no_further_row(
    alice: User,
    busy: KeyHandle,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    add_waiting(alice, busy, 5)

    def slow(operation: Operation) -> bool:
        is_taken = ledger.acquire_lease(operation)
        clock.shift(queues.lease_length())
        assert acquire(busy)
        return is_taken

    monkeypatch.setattr(queues, "settle_due", slow)

    assert settle_key(fingerprint=busy.fingerprint) == 1
    assert "another worker took over a queue" in caplog.text


def test_the_lease_of_a_queue_from_before_a_clock_was_set_back_has_ended(
    alice: User, busy: KeyHandle, asked: list[Operation], clock: time_machine.Traveller
):
    add_waiting(alice, busy, 1)
    until = NOON + timedelta(hours=26)
    Lease.objects.create(fingerprint=busy.fingerprint, purpose=SETTLE, token="t", until=until)

    assert settle_due_operations(now=NOON) == 1
    assert count_queues(now=NOON).active == 0


def test_reading_a_list_keeps_no_operation_of_its_key_waiting(
    alice: User, busy: KeyHandle, asked: list[Operation]
):
    add_waiting(alice, busy, 1)
    assert acquire(busy, purpose=LeasePurpose.WALK)

    assert settle_due_operations(now=timezone.now()) == 1


def test_queues_are_counted_by_what_is_due_and_what_is_active(
    alice: User, bob: User, busy: KeyHandle, quiet: KeyHandle
):
    add_waiting(alice, busy, 3)
    add_waiting(bob, quiet, 1)
    acquire(quiet)

    assert count_queues(now=timezone.now()) == QueueCounts(due=2, active=1)


# Side by side in one worker


@pytest.mark.django_db(transaction=True)
def test_a_key_that_hangs_keeps_no_other_key_waiting(
    alice: User, bob: User, busy: KeyHandle, quiet: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", status="in_progress")
    lost = add_lost(bob, quiet, batch_name="kitten-07")
    threads, hangs, begun = KeyThreads(2, "test"), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        hangs.wait(60)

    assert threads.start(busy.fingerprint, hang)
    assert begun.wait(60)
    assert not threads.start(busy.fingerprint, hang)
    assert threads.start(quiet.fingerprint, lambda: settle_key(fingerprint=quiet.fingerprint))
    while lost.state != State.SUCCEEDED and not hangs.wait(0.01):
        lost.refresh_from_db()
    assert threads.is_busy
    hangs.set()
    threads.wait()
    assert not threads.is_busy
