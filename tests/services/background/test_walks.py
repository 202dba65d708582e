"""The walk reads all batches of a key once, then only what is new, and loses none."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DataError
from django.utils import timezone

from batches.models import ApiKey, CallMinute, SeenBatch, Walk, WalkPurpose
from batches.refonte import Answer, Batch, BatchPage, Secret, VendorError
from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox
from batches.services.key_checks.checks import check_key
from batches.services.keys.types import KeyHandle
from batches.services.vendor import calls, key_states
from batches.services.vendor.breaker import FAILURES_TO_OPEN
from batches.services.walks import progress, read_pages
from tests.support.background import (
    list_calls,
    run_worker,
    run_worker_once,
    seen_names,
    walk_of,
    watched,
)
from tests.support.batch_lists import add, first_page
from tests.support.clock import NOON
from tests.support.vendor import KeyMaker

__all__ = ["watched"]
pytestmark = pytest.mark.usefixtures("clock")


def names(count: int, word: str = "kitten") -> list[str]:
    return [f"{word}-{number:04}" for number in range(count)]


def test_all_batches_of_a_key_are_read_once_in_pages_of_a_hundred(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(250))

    run_worker(clock, seconds=20)

    assert seen_names() == set(names(250))
    assert list_calls(refonte) == 3
    assert walk_of(watched).finished_at
    assert all(call.query["limit"] == "100" for call in refonte.calls_to("GET", "/batches"))


def test_a_new_batch_is_found_within_two_minutes_at_a_call_a_minute(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(3))
    run_worker(clock, seconds=10)
    refonte.forget_calls()
    add(refonte, "a-new-one")

    run_worker(clock, seconds=120)

    assert "a-new-one" in seen_names()
    assert list_calls(refonte) <= 2


def test_new_batches_are_found_while_the_first_walk_is_under_way(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6
    add(refonte, *names(2_000))
    run_worker(clock, seconds=10)
    add(refonte, "a-new-one")

    run_worker(clock, seconds=120)

    assert "a-new-one" in seen_names()
    assert not walk_of(watched).finished_at


def test_pages_that_people_opened_hide_no_new_batch_behind_them(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(5))
    run_worker(clock, seconds=10)
    clock.shift(3_600)
    add(refonte, *names(250, "puppy"), minutes=0.01)
    first_page(watched, limit=100)  # so that the first page brings nothing unknown

    run_worker(clock, seconds=20)

    assert set(names(250, "puppy")) <= seen_names()


@pytest.mark.parametrize("minutes", [1, 0.0001, 0], ids=["apart", "close", "one moment"])
@pytest.mark.parametrize("dates", ["default", "no_fraction"])
@pytest.mark.parametrize("envelope", ["default", "docs_only", "small_pages"])
def test_no_list_hides_a_batch_from_the_walk(
    envelope: str,
    dates: str,
    minutes: float,
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
) -> None:
    refonte.configure(envelope=envelope, dates=dates)
    add(refonte, *names(130), minutes=minutes)

    run_worker(clock, seconds=60)

    assert seen_names() == set(names(130))


def test_batches_that_come_while_the_list_is_walked_push_none_out(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(600))
    count = iter(range(10_000))

    run_worker(clock, seconds=100, between=lambda: add(refonte, f"puppy-{next(count)}"))

    assert set(names(600)) <= seen_names()
    assert "puppy-0" in seen_names()


def test_a_walk_goes_on_where_it_was_stopped(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(450))
    assert run_worker_once() == 2
    before = walk_of(watched)
    refonte.forget_calls()

    run_worker(clock, seconds=10)

    first = refonte.calls_to("GET", "/batches")[0]
    assert (before.rows_read, before.reported_total) == (199, 450)
    assert before.before
    assert first.query["end_time"].startswith(before.before.strftime("%Y-%m-%dT%H:%M:%S"))
    assert list_calls(refonte) == 3
    assert seen_names() == set(names(450))


def test_a_key_that_two_people_own_is_walked_once(
    watched: KeyHandle,
    bob: User,
    key_for: KeyMaker,
    refonte: Sandbox,
    clock: time_machine.Traveller,
) -> None:
    key_for(bob, keep_watch=True)
    add(refonte, *names(50))

    run_worker(clock, seconds=20)

    assert list_calls(refonte) == 1
    assert Walk.objects.filter(purpose=WalkPurpose.ALL).count() == 1


def test_two_keys_are_walked_each_for_itself(
    watched: KeyHandle, alice: User, key_for: KeyMaker, refonte: Sandbox
) -> None:
    test = key_for(alice, mode="test", api_key=TEST_KEY, keep_watch=True)
    add(refonte, "kitten")

    run_worker_once()

    assert list_calls(refonte) == 2
    assert {walk.fingerprint for walk in Walk.objects.all()} == {
        watched.fingerprint,
        test.fingerprint,
    }
    assert SeenBatch.objects.get().fingerprint == watched.fingerprint


def test_a_vendor_in_trouble_is_asked_ever_later_and_then_gone_on_with(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(150))
    refonte.fault("status", code=503)

    run_worker(clock, seconds=120)

    walk = walk_of(watched)
    assert list_calls(refonte) < 10
    assert walk.failures > 3
    refonte.reset()
    run_worker(clock, seconds=120)
    assert seen_names() == set(names(150))
    assert walk_of(watched).failure == ""


def test_a_key_that_has_to_wait_is_not_read_with_until_then(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(5))
    refonte.fault("status", code=429, headers={"Retry-After": "120"}, times=1)

    run_worker(clock, seconds=100)
    assert list_calls(refonte) == 1
    run_worker(clock, seconds=30)
    assert seen_names() == set(names(5))


def test_a_page_that_is_due_by_a_clock_that_was_ahead_is_due_now(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(150))
    refonte.fault("status", code=503, times=1)
    with time_machine.travel(timezone.now() + timedelta(minutes=7)):
        run_worker_once()

    run_worker(clock, seconds=4)

    assert seen_names() == set(names(150))


def test_an_answer_that_is_too_large_is_asked_for_in_smaller_pages(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    for number, name in enumerate(names(120)):
        refonte.add_batch(
            name, created_at=NOON - timedelta(minutes=number), metadata={"text": "x" * 60_000}
        )

    run_worker(clock, seconds=200)

    assert seen_names() == set(names(120))


def test_people_see_when_they_used_a_key_and_apart_from_it_when_the_background_did(
    watched: KeyHandle, refonte: Sandbox
) -> None:
    run_worker_once()

    row = ApiKey.objects.get()
    assert row.last_used_at is None
    assert row.last_background_at == timezone.now()
    first_page(watched)
    assert ApiKey.objects.get().last_used_at == timezone.now()


def test_a_page_that_the_database_does_not_take_keeps_no_other_key_waiting(
    watched: KeyHandle,
    alice: User,
    key_for: KeyMaker,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test = key_for(alice, mode="test", keep_watch=True)
    add(refonte, "kitten")
    refonte.add_batch("puppy", mode="test")
    bad = min(watched.fingerprint, test.fingerprint)  # its turn comes first
    note = progress.note_page

    def fail(walk: Walk, *noted: Any, **more: Any) -> None:
        if walk.fingerprint == bad:
            raise DataError("no such text")
        note(walk, *noted, **more)

    monkeypatch.setattr(progress, "note_page", fail)
    run_worker(clock, seconds=40)

    assert SeenBatch.objects.exclude(fingerprint=bad).count() == 1
    assert not SeenBatch.objects.filter(fingerprint=bad).exists()
    assert list_calls(refonte) == 2


def test_a_vendor_that_repeats_one_page_is_reported(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller, monkeypatch: Any
) -> None:
    page = BatchPage(batches=(Batch(name="kitten"),), total=500, has_more=True, rows_received=1)
    answer = Answer(data=page, payload=None, answered_at=NOON)
    monkeypatch.setattr(read_pages, "_ask", lambda *_: answer)

    assert run_worker(clock, seconds=30) <= 4
    assert walk_of(watched).failure == progress.SAME_PAGE
    assert seen_names() == {"kitten"}


def test_a_key_that_is_kept_out_for_five_minutes_is_marked_and_comes_back(
    watched: KeyHandle, alice: User, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(150))
    refonte.fault("html", code=403)

    run_worker(clock, seconds=240)
    assert not ApiKey.objects.get().is_refused
    run_worker(clock, seconds=180)
    assert ApiKey.objects.get().refusal == key_states.NO_REASON
    refonte.forget_calls()
    assert run_worker(clock, seconds=60) == 0

    refonte.reset()
    check_key(user=alice, key=watched)
    run_worker(clock, seconds=20)
    assert seen_names() == set(names(150))


def test_a_vendor_that_is_down_costs_no_place_in_the_budget_of_the_next_key(
    watched: KeyHandle, alice: User, key_for: KeyMaker, refonte: Sandbox
) -> None:
    key_for(alice, mode="test", api_key=TEST_KEY, keep_watch=True)
    refonte.fault("status", code=500)
    for _ in range(FAILURES_TO_OPEN - 1):
        with suppress(VendorError):
            calls.check_unsaved_key(secret=Secret(LIVE_KEY), deadline=calls.new_deadline())

    run_worker_once()

    assert list(CallMinute.objects.values_list("background", flat=True)) == [1]


def test_a_page_of_something_on_the_way_ends_no_walk(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    """Asked for in ever smaller pages, as if it were too large, it is read on with large ones."""
    add(refonte, *names(150))
    refonte.fault("html", times=6)

    run_worker(clock, seconds=240)

    assert seen_names() == set(names(150))
    assert list_calls(refonte) <= 20
