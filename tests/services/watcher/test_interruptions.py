"""What interrupts the watcher delays nothing beyond its end, and stops no other batch or key."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import CallMinute, Lease, SeenBatch, Sweep, WatchGap
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.watcher import watch
from batches.services.watcher.sweeps import Wait, next_call
from tests.support.background import run_watcher, watch_once
from tests.support.batch_lists import add
from tests.support.clock import NOON
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
WORKING: dict[str, Any] = {"status": "in_progress", "counts": {"pending": 5, "completed": 5}}


def names(count: int) -> list[str]:
    return [f"kitten-{number:04}" for number in range(count)]


def sweep_of(status: str = "in_progress") -> Sweep:
    return Sweep.objects.get(status=status)


def list_calls(refonte: Sandbox, status: str = "in_progress") -> int:
    return sum(call.query.get("status") == status for call in refonte.calls_to("GET", "/batches"))


def test_an_outage_within_a_sweep_is_not_waited_for_once_more(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(500), **WORKING)
    assert watch_once(watched) == 4  # five pages are left out
    clock.shift(8 * 3600)
    run_watcher(clock, watched, seconds=30)
    swept_at = sweep_of().swept_at
    assert swept_at
    assert swept_at >= NOON + timedelta(hours=8)

    refonte.forget_calls()
    run_watcher(clock, watched, seconds=120)
    assert list_calls(refonte) >= 6


def test_a_clock_that_was_set_back_stops_no_sweep(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=60)
    clock.shift(-6 * 3600)
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=120)

    assert list_calls(refonte) >= 2


@pytest.mark.parametrize("name", ["..", "."])
def test_a_name_that_no_address_can_carry_stops_no_other(
    name: str, watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    add(refonte, name, *names(3), **WORKING)
    run_watcher(clock, watched, seconds=60)

    read = {call.path for call in refonte.calls if call.path.endswith("/status")}
    assert len(read) == 3
    assert list_calls(refonte, "staging")


def test_the_key_whose_last_run_is_longest_ago_comes_first(
    watched: KeyHandle,
    bob: User,
    key_for: KeyMaker,
    refonte: Sandbox,
    clock: time_machine.Traveller,
) -> None:
    other = key_for(bob, mode="test", keep_watch=True)
    order = []
    for _ in range(4):
        first = watch.due_keys(now=timezone.now())[0]
        order.append(first)
        watch.watch_key(fingerprint=first)
        Sweep.objects.update(next_at=timezone.now())
        clock.shift(1)

    assert set(order[:2]) == {watched.fingerprint, other.fingerprint}
    assert order[:2] == order[2:]


def test_singles_of_one_status_keep_no_page_of_another_waiting(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 20
    refonte.configure(detailed="none")
    add(refonte, *names(90), **WORKING)
    add(refonte, "puppy", status="staging")
    run_watcher(clock, watched, seconds=240)

    assert list_calls(refonte, "staging") >= 3


def test_batches_that_left_keep_no_sweep_waiting(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 10
    add(refonte, *names(90), **WORKING)
    run_watcher(clock, watched, seconds=20)
    for name in names(80):
        refonte.set_status(name, "completed")
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=240)

    assert list_calls(refonte) >= 3
    assert SeenBatch.objects.filter(status="completed").exists()


def test_failures_of_singles_are_waited_for_longer_and_leave_the_pages_as_large(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    add(refonte, *names(6), **WORKING)
    refonte.fault("wrong_shape", "GET /v1/batches/*/status", shape="null")
    run_watcher(clock, watched, seconds=55)

    sweep = sweep_of()
    assert sweep.failures >= 3
    assert sweep.page_size == 100
    assert sweep.calls == sweep.failures + 1


def test_a_last_page_without_counts_does_not_say_that_lists_hold_none(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "empty", status="in_progress", counts={})
    clock.shift(60)
    add(refonte, *names(100), **WORKING)
    run_watcher(clock, watched, seconds=60)

    assert sweep_of().holds_counts


def test_where_no_call_is_left_it_comes_back_after_five_seconds_with_the_reason(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    minute = timezone.now().replace(second=0)
    CallMinute.objects.create(fingerprint=watched.fingerprint, minute=minute, background=60)
    assert watch_once(watched) == 0
    assert watch.due_keys(now=timezone.now()) == []
    clock.shift(5)
    assert watch.due_keys(now=timezone.now()) == [watched.fingerprint]

    for _ in range(5):
        minute += timedelta(minutes=1)
        CallMinute.objects.create(fingerprint=watched.fingerprint, minute=minute, background=60)
    run_watcher(clock, watched, seconds=400)
    assert [gap.reason for gap in WatchGap.objects.all()] == ["All calls of the minute were used."]


def test_a_wait_is_never_longer_than_a_sweep_and_its_pause(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=10)
    sweep, now = sweep_of(), timezone.now()
    sweep.swept_at = now - timedelta(hours=9)
    call = next_call(sweep, now)

    assert isinstance(call, Wait)
    assert call.until <= now + timedelta(minutes=5)
    assert Lease.objects.exists()
