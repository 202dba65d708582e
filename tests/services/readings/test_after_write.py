"""A write makes the batch and every list be read again."""

from dataclasses import replace
from typing import Any

import time_machine
from django.utils import timezone

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings import read
from batches.services.readings.queries import (
    status_query,
)
from batches.services.vendor.calls import Kind
from tests.support.reads import (
    read_batch,
    read_page,
    read_query,
    read_status,
)


def test_after_a_write_the_batch_and_every_list_are_asked_again(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_batch(key)
    read_page(key)
    clock.shift(1)
    kitten.set_status("kitten-07", "completed")

    read.forget_batch(key=key, name="kitten-07")

    batch, page = read_batch(key), read_page(key)
    assert batch.data
    assert batch.data.status == "completed"
    assert page.data
    assert page.data.batches[0].status == "completed"


def test_after_a_write_other_batches_stay_as_read(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(1)

    read.forget_batch(key=key, name="kitten-08")
    read_status(key)

    assert len(kitten.calls) == 1


def test_a_batch_that_was_not_there_is_asked_for_as_soon_as_it_was_created(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    reading = read_batch(key)
    assert reading.failure
    assert reading.failure.outcome == "not_found"
    clock.shift(1)
    refonte.add_batch("kitten-07")

    read.forget_batch(key=key, name="kitten-07")

    assert read_batch(key).data


def test_a_read_that_began_before_a_write_is_not_kept_after_it(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    query = status_query("kitten-07")

    def ask_while_somebody_writes(*call: Any) -> Any:
        """The vendor looks before the write; what it saw arrives after it."""
        clock.shift(0.1)
        answer = query.ask(*call)
        kitten.set_status("kitten-07", "completed")
        read.forget_batch(key=key, name="kitten-07")
        clock.shift(0.1)
        return replace(answer, answered_at=timezone.now())

    slow = replace(query, ask=ask_while_somebody_writes)
    before = read_query(key, slow, Kind.PAGE)
    after = read_status(key)

    assert before.data
    assert before.data.status == "in_progress"
    assert after.data
    assert after.data.status == "completed"
