"""The watcher reads every open batch with the fewest calls, and what left the list once more."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import ApiKey, CallMinute, Sample, SeenBatch, Watch
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.observations.series import samples_of
from tests.support.background import run_watcher, watch_once
from tests.support.batch_lists import add
from tests.support.clock import NOON
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
WORKING: dict[str, Any] = {"status": "in_progress", "counts": {"pending": 5, "completed": 5}}


def names(count: int) -> list[str]:
    return [f"kitten-{number:04}" for number in range(count)]


def status_of(name: str) -> str | None:
    return SeenBatch.objects.get(name=name).status


def completed_over_time(key: KeyHandle, name: str) -> list[int | None]:
    found = samples_of(
        fingerprints=[key.fingerprint],
        name=name,
        since=NOON,
        until=NOON + timedelta(days=1),
    )
    return [one.completed for one in found]


def status_calls(refonte: Sandbox) -> int:
    return sum(call.path.endswith("/status") for call in refonte.calls)


def test_two_hundred_open_batches_cost_three_calls_a_minute(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(200), **WORKING)
    add(refonte, "still-staging", status="staging")
    add(refonte, "done", status="completed", counts={"pending": 0, "completed": 5})

    assert run_watcher(clock, watched, seconds=59) == 4  # the second page is full: a third follows
    assert Sample.objects.count() == 201
    assert not SeenBatch.objects.filter(name="done").exists()


def test_what_is_still_in_the_list_is_not_read_again(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    """An answer comes later than its question: what it shows is as old as the question."""
    add(refonte, *names(3), **WORKING)
    with time_machine.travel(NOON + timedelta(hours=1), tick=True) as ticking:
        for _ in range(4):
            watch_once(watched)
            ticking.shift(61)

    assert SeenBatch.objects.count() == 3
    assert not status_calls(refonte)


def test_each_minute_has_its_sample_while_counts_change(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    for done in range(5, 10):
        refonte.set_counts("kitten", pending=10 - done, completed=done)
        run_watcher(clock, watched, seconds=60)

    assert completed_over_time(watched, "kitten") == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("status", ["completed", "paused", "cancelled"])
def test_what_left_the_list_is_read_once_before_anything_is_said_of_it(
    status: str, watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", "puppy", **WORKING)
    run_watcher(clock, watched, seconds=60)
    refonte.set_status("kitten", status)
    refonte.set_counts("kitten", pending=0, completed=10)
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=180)

    assert status_of("kitten") == status
    assert completed_over_time(watched, "kitten")[-1] == 10
    assert status_calls(refonte) == 1


def test_a_batch_that_is_gone_is_recorded_as_absent(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", "puppy", **WORKING)
    run_watcher(clock, watched, seconds=60)
    refonte.fault("status", match="GET /v1/batches/kitten/status", code=404)
    refonte.set_status("kitten", "completed")
    run_watcher(clock, watched, seconds=240)

    assert SeenBatch.objects.get(name="kitten").absent_at
    assert status_calls(refonte) == 1


def test_where_lists_hold_no_counts_every_batch_is_read_by_its_status(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    add(refonte, *names(20), **WORKING)
    run_watcher(clock, watched, seconds=60)
    assert Sample.objects.values("batch").distinct().count() == 20

    for name in names(20):
        refonte.set_counts(name, pending=4, completed=6)
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=120)
    assert {6} == {completed_over_time(watched, name)[-1] for name in names(20)}
    assert status_calls(refonte) <= 40


def test_many_without_counts_are_read_in_turn_within_the_budget(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    add(refonte, *names(150), **WORKING)
    run_watcher(clock, watched, seconds=240)

    minutes = CallMinute.objects.values_list("background", flat=True)
    assert max(minutes) <= 60
    read = Sample.objects.values("batch").distinct().count()
    assert read == 150


def test_one_batch_that_cannot_be_read_holds_up_no_other(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    refonte.fault("status", match="GET /v1/batches/kitten-0003/status", code=500)
    add(refonte, *names(8), **WORKING)
    run_watcher(clock, watched, seconds=180)

    assert Sample.objects.values("batch").distinct().count() == 7


def test_a_page_that_is_too_large_is_halved(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.fault("wrong_shape", "GET /v1/batches*", shape="null", times=1)
    add(refonte, *names(3), **WORKING)
    run_watcher(clock, watched, seconds=60)

    sizes = [call.query["limit"] for call in refonte.calls_to("GET", "/batches")]
    assert sizes[:3] == ["100", "100", "50"]  # the second is of staging
    assert Sample.objects.count() == 3


LOST: dict[str, dict[str, Any]] = {
    "switched off": {"keep_watch": False},
    "refused": {"is_refused": True},
}


@pytest.mark.parametrize("change", LOST)
def test_not_one_call_more_once_a_key_may_not_be_read(
    change: str, watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=60)
    ApiKey.objects.update(**LOST[change])
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=300)

    assert not refonte.calls


@pytest.mark.parametrize("change", ["inactive", "no group"])
def test_not_one_call_more_once_its_owner_may_not_read(
    change: str,
    alice: User,
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=60)
    if change == "inactive":
        User.objects.update(is_active=False)
    else:
        alice.groups.clear()
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=300)

    assert not refonte.calls


def test_a_key_that_two_people_own_is_watched_once(
    watched: KeyHandle,
    bob: User,
    key_for: KeyMaker,
    refonte: Sandbox,
    clock: time_machine.Traveller,
) -> None:
    key_for(bob, keep_watch=True)
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=58)
    assert len(refonte.calls) == 2


def test_people_leave_it_less_of_the_budget(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    add(refonte, *names(100), **WORKING)
    minute = timezone.now()
    CallMinute.objects.create(fingerprint=watched.fingerprint, minute=minute, people=50)
    run_watcher(clock, watched, seconds=58)
    assert len(refonte.calls) == 7  # three of the ten are left to the walk and callbacks


def test_refonte_is_not_asked_before_it_wants_to_be(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.fault("status", match="GET *", code=429, headers={"Retry-After": "120"}, times=1)
    add(refonte, "kitten", **WORKING)
    assert run_watcher(clock, watched, seconds=110) == 1
    assert run_watcher(clock, watched, seconds=30) >= 2


def test_one_turn_makes_four_calls_at_most(watched: KeyHandle, refonte: Sandbox) -> None:
    add(refonte, *names(900), **WORKING)
    assert watch_once(watched) == 4


def test_the_vendors_id_of_the_last_request_is_kept(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten-07", **WORKING)
    run_watcher(clock, watched, seconds=90)
    first = Watch.objects.get(fingerprint=watched.fingerprint).request_id
    run_watcher(clock, watched, seconds=90)
    second = Watch.objects.get(fingerprint=watched.fingerprint).request_id
    assert first.startswith("req_")
    assert second.startswith("req_")
    assert first != second
