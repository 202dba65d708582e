"""Operations by state, for machines that watch: each is counted once, however often asked for."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services.operations.counts import OperationCounter
from tests.support.operations import unsaved_operation
from tests.support.query_plans import plans_of, slow_steps
from tests.support.vendor import KeyMaker

OLD = 700


@pytest.fixture
def counter(alice: User, key_for: KeyMaker) -> OperationCounter:
    """It has counted many settled ones before; an hour apart, the newest a day old."""
    key, now = key_for(alice), timezone.now()
    Operation.objects.bulk_create(
        unsaved_operation(
            alice,
            key,
            verb=Verb.CREATE,
            batch_name=f"batch-{number}",
            state=State.SUCCEEDED,
            created_at=now - timedelta(days=1, hours=number),
        )
        for number in range(OLD)
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE batches_operation")
    counter = OperationCounter()
    counter.count(now=now)
    return counter


def add(alice: User, key_for: KeyMaker, state: State, **ago: float) -> Operation:
    operation = unsaved_operation(
        alice,
        key_for(alice, mode="test"),
        verb=Verb.CREATE,
        batch_name="kitten-07",
        state=state,
        created_at=timezone.now() - timedelta(**ago),
    )
    operation.save()
    return operation


def test_what_was_counted_before_is_not_read_again(
    counter: OperationCounter, alice: User, key_for: KeyMaker
) -> None:
    add(alice, key_for, State.REFUSED, minutes=1)

    with plans_of("batches_operation") as plans:
        tally = counter.count(now=timezone.now())

    assert (tally.by_state[State.SUCCEEDED], tally.by_state[State.REFUSED]) == (OLD, 1)
    assert plans
    assert slow_steps(plans) == []
    assert not [step for step in plans if step.startswith("SCAN")], plans
    if connection.vendor == "sqlite":
        searched = [step for step in plans if "op_any_state" in step]
        assert searched
        assert all("created_at>?" in step for step in searched), plans


def test_one_that_is_settled_late_is_counted_where_it_ends(
    counter: OperationCounter,
    alice: User,
    key_for: KeyMaker,
    clock: time_machine.Traveller,
) -> None:
    operation = add(alice, key_for, State.CHECKING, minutes=1)
    now = timezone.now()
    hours = [now + timedelta(hours=hour) for hour in range(1, 4)]

    waiting = counter.count(now=hours[0])
    Operation.objects.filter(pk=operation.pk).update(state=State.NOT_DONE)
    settled = [counter.count(now=hour) for hour in hours[1:]]

    assert waiting.by_state[State.CHECKING] == 1
    assert waiting.oldest_open_at == operation.created_at
    for tally in settled:
        assert tally.by_state[State.CHECKING] == 0
        assert (tally.by_state[State.NOT_DONE], tally.oldest_open_at) == (1, None)
        assert tally.by_state[State.SUCCEEDED] == OLD


def test_after_the_clock_was_set_back_each_is_still_counted_once(
    counter: OperationCounter, alice: User, key_for: KeyMaker
) -> None:
    add(alice, key_for, State.REFUSED, days=20)

    tally = counter.count(now=timezone.now() - timedelta(days=10))

    assert tally.by_state[State.SUCCEEDED] == OLD
    assert tally.by_state[State.REFUSED] == 1
