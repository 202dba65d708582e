"""What was read with a refused key is not shown any more, and the key is rarely tried."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from batches.models import StoredReading
from batches.refonte import (
    Answer,
    Client,
    KeyRefused,
    Secret,
)
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings import read
from batches.services.readings.queries import (
    batch_query,
    status_query,
)
from batches.services.vendor import calls
from batches.services.vendor.calls import Kind
from tests.support.reads import (
    ONE,
    STATUS,
    as_stored,
    read_batch,
    read_page,
    read_status,
)


def finalize(client: Client, secret: Secret) -> Answer[Any]:
    return client.finalize_batch(secret, "kitten-07", deadline=calls.new_deadline())


def test_a_refused_key_shows_nothing_that_was_read_with_it(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_batch(key)
    read_status(key)
    kitten.refuse_key(LIVE_KEY)
    clock.shift(10)

    reading = read_status(key, kind=Kind.POLL)

    assert reading.data is None
    assert reading.failure
    assert reading.failure.outcome == "key_refused"
    batch = read.last_known(key=key, query=batch_query("kitten-07"))
    assert batch.data is None
    assert not StoredReading.objects.exists()


def test_a_refusal_met_by_a_write_drops_what_was_read_too(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    kitten.refuse_key(LIVE_KEY)
    clock.shift(1)

    with pytest.raises(KeyRefused):
        calls.call_vendor(key=key, kind=Kind.WRITE, deadline=calls.new_deadline(), send=finalize)

    status = read.last_known(key=key, query=status_query("kitten-07"))
    assert status.data is None
    assert not StoredReading.objects.exists()


def test_polls_with_a_refused_key_cost_no_call_and_the_next_page_after_a_minute_does(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.refuse_key(LIVE_KEY)
    read_status(key)
    kitten.forget_calls()
    for _ in range(6):
        clock.shift(20)
        reading = read_status(as_stored(key), kind=Kind.POLL)
        assert reading.failure
        assert reading.failure.message == "Invalid API key"
    assert not kitten.calls

    kitten.reset()
    clock.shift(61)

    assert read_status(as_stored(key)).failure is None


def read_both(key: KeyHandle) -> None:
    read.read_together(
        key=key,
        queries=(batch_query("kitten-07"), status_query("kitten-07")),
        kind=Kind.POLL,
        deadline=calls.new_deadline(),
    )


@pytest.mark.parametrize("code", [429, 503])
def test_of_two_failures_the_one_about_the_key_is_remembered(
    code: int, key: KeyHandle, kitten: Sandbox
):
    kitten.fault("status", ONE, code=500)
    kitten.fault("status", STATUS, code=code, headers={"Retry-After": "120"})

    read_both(key)

    held_until = as_stored(key).not_before
    assert held_until
    assert held_until > timezone.now() + timedelta(seconds=100)


def test_of_two_waits_the_longer_one_is_remembered(key: KeyHandle, kitten: Sandbox):
    kitten.fault("status", ONE, code=503, headers={"Retry-After": "2"})
    kitten.fault("status", STATUS, code=503, headers={"Retry-After": "120"})
    kitten.fault("latency", STATUS, seconds=0.1)

    read_both(key)

    held_until = as_stored(key).not_before
    assert held_until
    assert held_until > timezone.now() + timedelta(seconds=100)


def test_a_refusal_is_remembered_before_a_wait_that_came_first(key: KeyHandle, kitten: Sandbox):
    read_page(key)
    kitten.fault("status", ONE, code=503, headers={"Retry-After": "300"})
    kitten.fault("status", STATUS, code=401)
    kitten.fault("latency", STATUS, seconds=0.1)

    read_both(key)

    assert as_stored(key).is_refused
    assert read_page(as_stored(key)).data is None
