"""A failed read gives the last known state with age and reason, and waits before the next try."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import NoReturn

import pytest
import time_machine
from django.utils import timezone

from batches.models import ApiKey
from batches.refonte import (
    NotFound,
)
from batches.sandbox import Sandbox
from batches.services.batches.status_sweep import STATUSES_A_POLL
from batches.services.keys.types import KeyHandle
from batches.services.readings import read
from batches.services.readings.queries import (
    status_query,
)
from batches.services.vendor import calls
from batches.services.vendor.breaker import FAILURES_TO_OPEN, FIRST_PAUSE
from batches.services.vendor.calls import Kind
from tests.support.reads import (
    LIST,
    STATUS,
    read_page,
    read_status,
    thread_for,
)
from tests.support.vendor import forget_readings


def test_a_failed_read_serves_the_last_known_state_with_age_and_reason(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    kitten.fault("status", STATUS, code=502, body="Bad gateway")
    clock.shift(60)

    reading = read_status(key)

    assert reading.data
    assert reading.data.counts.completed == 30
    assert reading.as_of == timezone.now() - timedelta(seconds=60)
    assert reading.failure
    assert (reading.failure.outcome, reading.failure.since) == ("vendor_error", timezone.now())
    assert reading.is_stale
    assert not reading.recorded


def test_a_failed_read_is_not_asked_again_before_its_next_try(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=502)
    read_status(key, kind=Kind.POLL)
    clock.shift(4.9)

    reading = read_status(key, kind=Kind.POLL)

    assert len(kitten.calls) == 1
    assert reading.next_try == timezone.now() + timedelta(seconds=0.1)


def test_tries_grow_apart_to_a_minute_and_count_from_the_first_failure(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=502)
    began, pauses = timezone.now(), []
    for _ in range(6):
        reading = read_status(key, kind=Kind.POLL)
        calls.safeguards.cache_clear()  # the breaker has tests of its own
        assert reading.next_try
        assert reading.failure
        pauses.append((reading.next_try - timezone.now()).total_seconds())
        clock.move_to(reading.next_try + timedelta(milliseconds=1))

    assert pauses == [5, 10, 20, 40, 60, 60]
    assert reading.failure
    assert (reading.failure.since, reading.failure.tries) == (began, 6)


def test_of_a_time_in_which_nobody_asked_no_failure_is_told(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=502)
    read_status(key, kind=Kind.POLL)
    clock.shift(timedelta(minutes=10))

    failure = read_status(key, kind=Kind.POLL).failure

    assert failure
    assert (failure.since, failure.tries) == (timezone.now(), 1)


def test_no_try_is_promised_for_while_the_vendor_is_left_alone(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", code=500)
    for number in range(FAILURES_TO_OPEN):
        read_status(key, f"other-{number}", Kind.POLL)
    clock.shift(FIRST_PAUSE)

    reading = read_status(key, kind=Kind.POLL)  # one try of this, and one more of the vendor

    assert len(kitten.calls) == FAILURES_TO_OPEN + 1
    assert reading.next_try == timezone.now() + timedelta(seconds=2 * FIRST_PAUSE)
    clock.move_to(reading.next_try)
    read_status(key, kind=Kind.POLL)
    assert len(kitten.calls) == FAILURES_TO_OPEN + 2


def test_an_answer_ends_the_failure(key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller):
    kitten.fault("status", STATUS, times=1, code=502)
    read_status(key, kind=Kind.POLL)
    clock.shift(6)

    reading = read_status(key, kind=Kind.POLL)

    assert reading.failure is None
    assert reading.next_try is None


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("reset_before_acting", "no_answer"),
        ("html", "bad_answer"),
        ("truncated_json", "bad_answer"),
        ("nested", "bad_answer"),
        ("not_utf8", "bad_answer"),
        ("redirect", "bad_answer"),
        ("empty", "bad_answer"),
    ],
)
def test_no_broken_answer_reaches_a_page(fault: str, outcome: str, key: KeyHandle, kitten: Sandbox):
    kitten.fault(fault, STATUS)

    reading = read_status(key, kind=Kind.POLL)

    assert reading.data is None
    assert reading.failure
    assert reading.failure.outcome == outcome


@pytest.mark.parametrize("shape", ["project_object", "null", "no_docs"])
def test_a_list_of_another_shape_is_a_failure_and_not_an_empty_list(
    shape: str, key: KeyHandle, kitten: Sandbox
):
    kitten.fault("wrong_shape", f"{LIST}*", shape=shape)

    reading = read_page(key, kind=Kind.POLL)

    assert reading.data is None
    assert reading.failure
    assert reading.failure.outcome == "bad_answer"


def test_a_full_house_gives_the_last_known_state_at_once(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(10)
    with ExitStack() as full:
        for _ in range(calls.READERS):
            full.enter_context(calls.safeguards().slot(Kind.POLL))
        reading = read_status(key)

    assert len(kitten.calls) == 1
    assert reading.data
    assert reading.data.counts.completed == 30
    assert reading.failure
    assert reading.failure.outcome == "busy"
    assert read_status(key).failure is None


@pytest.mark.django_db(transaction=True)
def test_a_full_house_is_full_of_people_and_not_of_their_questions(kitten: Sandbox, key: KeyHandle):
    """Whoever finds room asks all at once; who finds none is told so, and waits for nobody."""
    asking = threading.Barrier(calls.READERS * calls.TOGETHER + 1, timeout=60)

    def hangs(*_: object) -> NoReturn:
        asking.wait()
        raise NotFound("It hung.")

    def poll(person: int) -> list[str]:
        names = [f"kitten-{person}-{number}" for number in range(calls.TOGETHER)]
        queries = [replace(status_query(name), ask=hangs) for name in names]
        answers = read.read_together(
            key=key, queries=queries, kind=Kind.POLL, deadline=calls.new_deadline()
        )
        return [answer.failure.outcome for answer in answers if answer.failure]

    heard: list[str] = []
    inside = [thread_for(partial(lambda n: heard.extend(poll(n)), n)) for n in range(calls.READERS)]
    for thread in inside:
        thread.start()
    while asking.n_waiting < asking.parties - 1 and not asking.broken:
        inside[0].join(0.002)
    outside = poll(calls.READERS)
    asking.wait()
    for thread in inside:
        thread.join()

    assert outside == ["busy"] * calls.TOGETHER
    assert heard == ["not_found"] * calls.READERS * calls.TOGETHER
    assert calls.TOGETHER >= STATUSES_A_POLL


def test_a_key_that_does_not_open_is_a_reason_and_no_crash(key: KeyHandle, kitten: Sandbox):
    ApiKey.objects.update(sealed="gAAAA-nothing")

    reading = read_status(key)

    assert reading.failure
    assert reading.failure.outcome == "key_refused"
    assert not kitten.calls


def test_a_full_house_keeps_nothing_for_the_next_who_asks(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    forget_readings()
    with ExitStack() as full:
        for _ in range(calls.READERS):
            full.enter_context(calls.safeguards().slot(Kind.POLL))
        reading = read_status(key)
    assert reading.data
    assert reading.failure

    assert read_status(key).failure is None
