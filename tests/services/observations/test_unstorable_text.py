"""A NUL anywhere in an answer keeps nothing open and nothing from being written down."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Operation, SeenBatch, State, StatusChange
from batches.sandbox import Sandbox
from batches.services.batches.detail import read_detail
from batches.services.keys.types import KeyHandle
from batches.services.operations import queues
from batches.services.vendor import calls
from tests.support import operations

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 3, "completed": 0})
    refonte.fault("wrong_shape", shape="nul_in_texts")
    return refonte


def settle(clock: time_machine.Traveller) -> None:
    for _ in range(8):
        clock.shift(timedelta(minutes=2))
        calls.safeguards.cache_clear()
        queues.settle_due_operations(now=timezone.now())


@pytest.mark.parametrize("write", [operations.create, operations.finalize, operations.prioritize])
@pytest.mark.parametrize("name", ["kitten-07", "kitten-08"])
def test_no_write_stays_open(
    write: Callable[..., Operation],
    name: str,
    alice: User,
    key: KeyHandle,
    kitten: Sandbox,
    clock: time_machine.Traveller,
):
    operation = write(alice, key, name)
    settle(clock)

    operation.refresh_from_db()
    assert not operation.is_open


def test_a_write_whose_answer_was_lost_is_settled_all_the_same(
    alice: User, key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.add_batch("kitten-07", status="staging")
    refonte.fault("close_after_acting", operations.POST_FINALIZE, times=1)
    operation = operations.finalize(alice, key)
    refonte.fault("wrong_shape", shape="nul_in_texts")

    settle(clock)

    operation.refresh_from_db()
    assert not operation.is_open
    assert Operation.objects.filter(state__in=State.open_states()).count() == 0


def test_what_was_read_is_written_down_and_is_no_known_status(key: KeyHandle, kitten: Sandbox):
    detail = read_detail(key=key, name="kitten-07")

    assert detail.current_status == "staging\ufffd"
    row = SeenBatch.objects.get()
    assert "\0" not in f"{row.status}{row.project}"


def test_a_change_to_a_spoiled_status_is_told(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.add_batch("kitten-07", status="staging")
    read_detail(key=key, name="kitten-07")
    refonte.fault("wrong_shape", shape="nul_in_texts")
    clock.shift(60)

    read_detail(key=key, name="kitten-07")

    assert StatusChange.objects.get().after == "staging\ufffd"
