"""One batch: two answers side by side, what is remembered of it, and its next look."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Operation, SeenBatch
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.batches import detail as batch_detail
from batches.services.batches.detail import BatchDetail, poll_detail, read_detail
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import read_list
from batches.services.keys.types import KeyHandle
from tests.support import operations
from tests.support.reads import ONE, STATUS
from tests.support.vendor import KeyMaker, forget_readings, with_replaced_key

NAME = "kitten-07"

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch(NAME, project="kittens", counts={"pending": 12, "completed": 30})
    return refonte


def show(key: KeyHandle) -> BatchDetail:
    return read_detail(key=key, name=NAME)


def poll(key: KeyHandle) -> BatchDetail:
    return poll_detail(key=key, name=NAME)


def test_a_page_costs_two_calls_and_a_poll_one(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    detail = show(key)
    assert sorted(call.path for call in kitten.calls) == [
        "/batches/kitten-07",
        "/batches/kitten-07/status",
    ]
    assert (detail.project, detail.current_status) == ("kittens", "in_progress")
    assert detail.progress.words == "30 of 42 completed, 71 % finished"
    kitten.forget_calls()
    clock.shift(10)

    poll(key)

    assert [call.path for call in kitten.calls] == ["/batches/kitten-07/status"]


def test_a_poll_brings_the_new_status_and_writes_the_change_down(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    show(key)
    kitten.set_status(NAME, "completed")
    kitten.set_counts(NAME, pending=0, completed=42)
    clock.shift(10)

    detail = poll(key)

    assert detail.current_status == "completed"
    assert [(event.change.before, event.change.after) for event in detail.events if event.change]
    assert detail.progress.percent_text == "100 %"
    assert detail.poll_seconds is None


def test_of_two_answers_the_newer_one_says_the_status(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    show(key)
    clock.shift(4)
    kitten.set_status(NAME, "paused")
    poll(key)
    clock.shift(2)
    kitten.fault("status", STATUS, code=500)
    kitten.set_status(NAME, "cancelled")

    assert show(key).current_status == "cancelled"


@pytest.mark.parametrize("counts", ["tasks", "plain", "default"])
def test_counts_are_read_however_they_are_named(counts: str, key: KeyHandle, kitten: Sandbox):
    kitten.configure(counts=counts)

    assert show(key).progress.words == "30 of 42 completed, 71 % finished"


@pytest.mark.parametrize("shape", ["strings_for_numbers", "negative_counts"])
def test_counts_that_are_none_are_unknown(shape: str, key: KeyHandle, kitten: Sandbox):
    kitten.fault("wrong_shape", STATUS, shape=shape)

    detail = show(key)

    assert detail.progress.completed_text == "unknown"
    assert detail.current_status == "in_progress"


def test_counts_that_are_missing_are_unknown_and_those_seen_before_keep_their_age(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    first = timezone.now()
    show(key)
    kitten.configure(counts="missing")
    clock.shift(600)

    detail = show(key)

    assert detail.progress.words == "30 of 42 completed, 71 % finished"
    assert detail.progress.as_of == first


def test_an_unknown_status_is_told_as_it_came(key: KeyHandle, kitten: Sandbox):
    kitten.fault("wrong_shape", f"{ONE}*", shape="unknown_status")

    detail = show(key)

    assert detail.current_status == "quarantined"
    assert not detail.can_finalize


def test_when_the_vendor_is_down_the_last_known_state_stands_with_its_age(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    first = timezone.now()
    show(key)
    kitten.fault("status", code=500)
    clock.shift(60)

    detail = show(key)

    assert detail.progress.completed_text == "30"
    assert (detail.reading.as_of, detail.reading.is_stale) == (first, True)
    assert detail.poll_seconds == 10


def test_a_batch_seen_on_a_list_is_shown_when_the_vendor_is_down(key: KeyHandle, kitten: Sandbox):
    show(key)
    forget_readings()
    kitten.fault("status", code=500)

    assert show(key).is_known


def test_when_the_vendor_is_down_the_newest_counts_are_shown_wherever_they_were_seen(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    show(key)
    clock.shift(60)
    kitten.set_counts("kitten-07", pending=5, completed=37)
    listed = timezone.now()
    read_list(key=key, filters=ListFilters(zone=ZoneInfo("UTC")))
    kitten.fault("status", code=500)
    clock.shift(60)

    progress = show(key).progress

    assert progress.completed_text == "37"
    assert progress.as_of == listed


def test_when_the_vendor_is_down_the_newest_status_is_shown_wherever_it_was_seen(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    show(key)
    clock.shift(60)
    kitten.set_counts(NAME, pending=0, completed=42)
    kitten.set_status(NAME, "completed")
    read_list(key=key, filters=ListFilters(zone=ZoneInfo("UTC")))
    kitten.fault("status", code=500)
    clock.shift(60)

    detail = show(key)

    assert (detail.current_status, detail.progress.percent_text) == ("completed", "100 %")
    assert not detail.can_prioritize


def test_nothing_known_and_nobody_to_ask_is_neither_missing_nor_known(
    key: KeyHandle, kitten: Sandbox
):
    kitten.fault("status", code=500)

    detail = show(key)

    assert not detail.is_known
    assert not detail.is_missing
    assert detail.created_at is None


def test_a_batch_that_never_was_is_missing(key: KeyHandle, refonte: Sandbox):
    detail = show(key)

    assert detail.is_missing
    assert detail.facts.seen_at is None
    assert detail.poll_seconds is None


def test_a_batch_that_is_gone_says_until_when_it_was_seen(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    first = timezone.now()
    show(key)
    kitten.remove(NAME)
    clock.shift(30)

    for detail in (poll(key), show(key)):
        assert detail.is_missing
        assert detail.facts.seen_at == first
        assert detail.poll_seconds is None


def test_a_failed_half_of_the_page_does_not_keep_its_polls_in_trouble(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", ONE, code=400)
    assert show(key).reading.is_stale
    clock.shift(60)

    detail = poll(key)

    assert not detail.reading.is_stale
    assert detail.poll_seconds == 10
    assert detail.reading.as_of == timezone.now()


def test_a_batch_that_was_missing_for_a_moment_is_found_by_the_poll(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", ONE, code=404)
    assert show(key).is_missing
    clock.shift(10)

    assert not poll(key).is_missing


def test_the_timeline_tells_changes_and_operations_newest_first(
    alice: User, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    show(key)
    clock.shift(60)
    operations.prioritize(alice, key, NAME)
    clock.shift(60)
    kitten.set_status(NAME, "paused")

    newest, sent, first = show(key).events

    assert newest.change
    assert sent.operation
    assert first.is_first_look


def test_a_refused_key_shows_no_numbers_from_when_it_was_not(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    show(key)
    kitten.refuse_key(LIVE_KEY)
    clock.shift(70)

    for detail in (show(key), poll(key)):
        assert detail.is_refused
        assert not detail.is_known
        assert detail.current_status is None
        assert not detail.progress.known


def test_the_last_priority_sent_is_told_and_a_refused_one_is_not(
    alice: User, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    operations.prioritize(alice, key, NAME, priority=25)
    clock.shift(1)
    kitten.fault("status", operations.POST_PRIORITIZE, code=400)
    operations.prioritize(alice, key, NAME, priority=30)

    priority = show(key).priority

    assert priority
    assert priority.parameters["priority"] == 25


def test_another_keys_memory_is_not_shown(
    key: KeyHandle, bob: User, key_for: KeyMaker, kitten: Sandbox
):
    kitten.add_batch(NAME, project="test kittens", mode="test")
    show(key)

    detail = read_detail(key=key_for(bob, mode="test"), name=NAME)

    assert detail.project == "test kittens"
    assert SeenBatch.objects.count() == 2


def test_names_that_no_database_holds_are_read_all_the_same(key: KeyHandle, refonte: Sandbox):
    refonte.add_batch("nul\0", counts={"pending": 1, "completed": 1})

    detail = read_detail(key=key, name="nul\0")

    assert detail.progress.completed_text == "1"


def test_what_is_asked_of_the_database_is_little_and_the_same_each_time(
    key: KeyHandle,
    kitten: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    """Two more are the account and its keys. Who asks the vendor also opens the key, records the
    answers (a begin, a look, one statement, a commit), stores them and notes that it was used.
    """
    for action in (show, show, poll):
        with django_assert_max_num_queries(10):
            action(key)
        with django_assert_max_num_queries(3):
            action(key)
        clock.shift(20)


def test_a_batch_that_is_nearly_done_is_looked_at_more_often(key: KeyHandle, kitten: Sandbox):
    kitten.set_counts(NAME, pending=1, completed=99)

    assert show(key).poll_seconds == 5


def test_a_staging_batch_may_be_finalized(key: KeyHandle, refonte: Sandbox):
    refonte.add_batch(NAME, status="staging", counts={"pending": 12, "completed": 0})

    assert show(key).can_finalize


def test_the_age_of_a_batch_is_known_from_when_it_was_seen(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    born = show(key).created_at
    forget_readings()
    kitten.fault("status", ONE, code=500)
    kitten.configure(fields="absent")
    clock.shift(timedelta(hours=1).total_seconds())

    assert show(key).created_at == born


def test_a_replaced_key_keeps_the_history_of_a_batch(
    alice: User, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    show(key)
    sent = operations.prioritize(alice, key, NAME, priority=12)
    kitten.set_status(NAME, "completed")
    clock.shift(60)
    show(key)

    for detail in (show(with_replaced_key(key)), poll(with_replaced_key(key))):
        assert detail.operations == (sent,)
        assert detail.priority == sent
        assert [change.after for change in detail.changes] == ["completed"]


def test_the_last_priority_is_the_one_that_was_sent_last(
    alice: User, key: KeyHandle, kitten: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    late = operations.prioritize(alice, key, NAME, priority=12)
    operations.prioritize(alice, key, NAME, priority=30)
    now = timezone.now()
    Operation.objects.filter(id=late.id).update(
        created_at=now - timedelta(minutes=5), sent_at=now + timedelta(minutes=5)
    )
    assert show(key).priority == late

    monkeypatch.setattr(batch_detail, "EVENTS_SHOWN", 1)
    assert show(key).priority == late
