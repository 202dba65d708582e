"""Concurrent reads share one call, and an answer is read again for as long as it is fresh."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.refonte import (
    Counts,
    Deadline,
    ListQuery,
)
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.metrics import READS
from batches.services.readings import read
from batches.services.readings.queries import (
    Query,
    batch_query,
    list_query,
    projects_query,
    status_query,
)
from batches.services.vendor import calls
from batches.services.vendor.calls import Kind
from tests.support.reads import (
    STATUS,
    read_page,
    read_query,
    read_status,
    run_together,
    thread_for,
)
from tests.support.vendor import KeyMaker


def reads_counted() -> Counter[str]:
    """How many reads the metrics tell, by where their answers came from."""
    samples = [sample for family in READS.collect() for sample in family.samples]
    told = {s.labels["source"]: int(s.value) for s in samples if s.name.endswith("_total")}
    return Counter(told)


@pytest.mark.parametrize(
    ("query", "fresh"),
    [
        (list_query(ListQuery()), 5),
        (batch_query("kitten-07"), 5),
        (status_query("kitten-07"), 3),
        (projects_query(), 600),
    ],
    ids=["list", "batch", "status", "projects"],
)
def test_each_answer_is_fresh_for_its_time_and_no_longer(
    query: Query[Any], fresh: float, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_query(key, query, Kind.POLL)
    clock.shift(fresh - 0.1)
    read_query(key, query, Kind.POLL)
    assert len(kitten.calls) == 1

    clock.shift(0.2)
    read_query(key, query, Kind.POLL)

    assert len(kitten.calls) == 2


def test_what_was_just_read_is_not_asked_again(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    first = read_status(key)
    clock.shift(2)
    second = read_status(key)

    assert len(kitten.calls) == 1
    assert second.data == first.data
    assert ([*first.recorded], [*second.recorded]) == (["kitten-07"], [])
    assert second.as_of == timezone.now() - timedelta(seconds=2)


def test_what_is_no_longer_fresh_is_asked_again(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    kitten.set_counts("kitten-07", pending=0, completed=42)
    clock.shift(4)

    again = read_status(key)

    assert again.data
    assert again.data.counts.completed == 42
    assert again.recorded["kitten-07"].counts_at == timezone.now()


@pytest.mark.usefixtures("in_memory")
def test_what_was_made_of_an_answer_is_kept_while_the_vendor_answers_the_same(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    made = read_page(key, kind=Kind.POLL).memo
    clock.shift(10)
    same = read_page(key, kind=Kind.POLL)
    kitten.set_counts("kitten-07", pending=11, completed=31)
    clock.shift(10)
    other = read_page(key, kind=Kind.POLL)

    assert same.recorded
    assert same.memo is made
    assert other.memo is not made
    assert other.data
    assert other.data.batches[0].counts == Counts(pending=11, completed=31)


@pytest.mark.django_db(transaction=True)
def test_six_who_look_at_once_cost_one_call_and_one_of_them_has_the_news(
    kitten: Sandbox, key: KeyHandle
):
    kitten.fault("latency", STATUS, seconds=0.05)

    counted = reads_counted()
    got = run_together(6, lambda: read_status(key))

    assert reads_counted() - counted == {"vendor": 1, "shared": 5}
    assert len(kitten.calls) == 1
    assert [reading.data and reading.data.counts.completed for reading in got] == [30] * 6
    assert sum(bool(reading.recorded) for reading in got) == 1


@pytest.mark.usefixtures("in_memory", "clock")
@pytest.mark.django_db(transaction=True)
def test_six_who_look_at_a_vendor_that_hangs_wait_once(kitten: Sandbox, key: KeyHandle):
    """One asks until its time is over; the others have plenty, and hear the same as it does."""
    kitten.fault("hang", STATUS)
    got = []

    def look(seconds: float) -> None:
        query, deadline = status_query("kitten-07"), Deadline(seconds)
        got.append(read.read(key=key, query=query, kind=Kind.POLL, deadline=deadline))

    first = thread_for(partial(look, 1))
    first.start()
    while first.is_alive() and not kitten.calls:
        first.join(0.002)
    run_together(5, lambda: look(30))
    first.join()

    assert len(kitten.calls) == 1
    assert [reading.failure and reading.failure.outcome for reading in got] == ["no_answer"] * 6


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_another_ones_answer_waits_no_longer_than_their_own_time(
    kitten: Sandbox, key: KeyHandle
):
    kitten.fault("hang", STATUS)
    first = thread_for(lambda: read_status(key))
    first.start()
    while not kitten.calls:
        first.join(0.002)

    reading = read.read(
        key=key,
        query=status_query("kitten-07"),
        kind=Kind.PAGE,
        deadline=Deadline(0.1),
    )
    still_asking = first.is_alive()
    kitten.stop()
    first.join()

    assert reading.failure
    assert reading.failure.outcome == "busy"
    assert still_asking


@pytest.mark.django_db(transaction=True)
def test_six_who_look_right_after_a_write_cost_one_call(kitten: Sandbox, key: KeyHandle):
    read_status(key)
    read.forget_batch(key=key, name="kitten-07")
    kitten.forget_calls()
    kitten.fault("latency", STATUS, seconds=0.05)

    got = run_together(6, lambda: read_status(key))

    assert len(got) == 6
    assert len(kitten.calls) == 1


def test_two_keys_never_see_each_others_batches(
    alice: User, bob: User, key_for: KeyMaker, refonte: Sandbox
):
    refonte.add_batch("kitten-07", counts={"pending": 1, "completed": 1})
    refonte.add_batch("kitten-07", counts={"pending": 2, "completed": 2}, mode="test")
    live, test = key_for(alice), key_for(bob, mode="test")

    seen = [read_status(key).data for key in (live, test, live, test)]

    assert [status and status.counts.completed for status in seen] == [1, 2, 1, 2]
    assert [call.key_mode for call in refonte.calls] == ["live", "test"]


def test_two_people_with_one_key_share_what_was_read(
    alice: User, bob: User, key_for: KeyMaker, kitten: Sandbox
):
    read_status(key_for(alice))
    read_status(key_for(bob))

    assert len(kitten.calls) == 1


def test_independent_questions_are_asked_side_by_side(key: KeyHandle, kitten: Sandbox):
    both = threading.Barrier(2, timeout=60)

    def together(query: Query[Any]) -> Query[Any]:
        def ask_in_step(*call: Any) -> Any:
            both.wait()
            return query.ask(*call)

        return replace(query, ask=ask_in_step)

    queries = (batch_query("kitten-07"), status_query("kitten-07"))
    batch, status = read.read_together(
        key=key,
        queries=[together(query) for query in queries],
        kind=Kind.PAGE,
        deadline=calls.new_deadline(),
    )

    assert (batch.failure, status.failure) == (None, None)
