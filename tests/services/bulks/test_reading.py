"""A plan is read from what is fresh, from pages of the list, and from single batches."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import BulkState, PlanGroup, Verb
from batches.refonte import Counts
from batches.sandbox import Sandbox
from batches.services.bulks import plan, read
from batches.services.bulks.types import CreateRow
from batches.services.keys.types import ViewerKey
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from tests.support.bulk_work import messages_of, names_of, plan_of, planned, read_plan, work_off
from tests.support.operations import create, prioritize
from tests.support.vendor import KeyMaker

STATUS = "/batches/*/status"
Clock = time_machine.Traveller


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> ViewerKey:
    return key_for(alice)


def add(refonte: Sandbox, name: str, status: str = "staging", **counts: int) -> None:
    refonte.add_batch(name, project="kittens", status=status, counts={"pending": 5, **counts})


def reads(refonte: Sandbox) -> tuple[int, int]:
    """Calls of the list, and of single batches."""
    return len(refonte.calls_to("GET", "/batches")), len(refonte.calls_to("GET", STATUS))


def test_each_batch_of_a_finalize_is_put_into_its_group(
    refonte: Sandbox, alice: User, key: ViewerKey
) -> None:
    for status in ("staging", "in_progress", "completed", "cancelled", "paused"):
        add(refonte, status, status)
    add(refonte, "empty", pending=0)
    refonte.add_batch("silent", status="staging", counts={"pending": None})
    add(refonte, "down")
    refonte.fault("status", "GET /v1/batches/down/*", code=503)
    names = ["staging", "in_progress", "completed", "cancelled", "paused", "empty", "silent"]

    bulk = planned(alice, key, [*names, "down", "absent", ".."], verb=Verb.FINALIZE)

    assert bulk.state == BulkState.PLANNED
    found = messages_of(bulk)
    assert {name: group for name, (group, _) in found.items()} == {
        "staging": "will_do",
        "in_progress": "skipped",
        "completed": "impossible",
        "cancelled": "impossible",
        "paused": "impossible",
        "empty": "look_first",
        "silent": "look_first",
        "down": "look_first",
        "absent": "impossible",
        "..": "impossible",
    }
    assert found["paused"][1] == "Not staging: its status is paused"
    assert found["down"][1].startswith("Not read: ")
    assert found["absent"][1].startswith("Not known to this key: ")


def test_the_groups_of_a_plan_sum_to_what_was_chosen(
    refonte: Sandbox, alice: User, key: ViewerKey
) -> None:
    for number, name in enumerate(names_of(6)):
        add(refonte, name, ["staging", "completed"][number % 2], pending=number)

    shown = read.plan_of(planned(alice, key, names_of(8), verb=Verb.FINALIZE))

    assert sum(group.rows for group in shown.groups) == shown.chosen == shown.read == 8
    assert (shown.ticked, shown.tasks, shown.calls_a_row) == (2, 6, 3)
    impossible = shown.group(PlanGroup.IMPOSSIBLE)
    assert [(one.text, one.rows) for one in impossible.reasons] == [
        ("completed", 3),
        ("not known to this key", 2),
    ]


def test_what_was_read_in_the_last_half_minute_needs_no_call(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, "kitten")
    planned(alice, key, ["kitten"], verb=Verb.FINALIZE)
    clock.shift(29)
    planned(alice, key, ["kitten"], verb=Verb.FINALIZE)
    assert reads(refonte) == (0, 1)

    clock.shift(2)
    planned(alice, key, ["kitten"], verb=Verb.FINALIZE)
    assert reads(refonte) == (0, 2)


@pytest.mark.parametrize(
    ("detailed", "expected"), [("default", (2, 0)), ("without", (2, 120))], ids=str
)
def test_pages_of_the_list_are_read_where_they_have_several_of_the_names(
    detailed: str, expected: Any, refonte: Sandbox, alice: User, key: ViewerKey, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6_000
    if detailed == "without":
        refonte.configure(detailed="none")
    now = timezone.now()
    for number, name in enumerate(names_of(120)):
        at = now - timedelta(hours=number)
        refonte.add_batch(name, status="staging", counts={"pending": 3}, created_at=at)
        seen = Sighting(name=name, status="staging", created_at=at)
        record(fingerprint=key.fingerprint, sightings=[seen], at=now - timedelta(hours=1))

    bulk = planned(alice, key, names_of(120), verb=Verb.FINALIZE)

    assert reads(refonte) == expected
    assert {group for group, _ in messages_of(bulk).values()} == {"will_do"}


def test_a_batch_that_still_grows_is_looked_at_first(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    refonte.add_batch("kitten", status="staging")
    for minutes, total in ((70, 100), (50, 120), (20, 334)):
        at = timezone.now() - timedelta(minutes=minutes)
        seen = Sighting(name="kitten", status="staging", counts=Counts(pending=total, completed=0))
        record(fingerprint=key.fingerprint, sightings=[seen], at=at)
    refonte.set_counts("kitten", pending=334, completed=0)

    bulk = planned(alice, key, ["kitten"], verb=Verb.FINALIZE)

    assert messages_of(bulk)["kitten"] == (
        "look_first",
        "Still growing: 214 tasks came in the last hour",
    )
    assert bulk.rows_ticked == 0


def test_a_priority_that_was_the_last_one_sent_is_skipped(
    refonte: Sandbox, alice: User, key: ViewerKey
) -> None:
    for name in ("same", "other", "never", "done", "odd"):
        add(refonte, name, {"done": "completed", "odd": "paused"}.get(name, "in_progress"))
    prioritize(alice, key, "same", priority=25)
    prioritize(alice, key, "other", priority=10)

    bulk = planned(alice, key, ["same", "other", "never", "done", "odd", "absent"])

    assert {name: group for name, (group, _) in messages_of(bulk).items()} == {
        "same": "skipped",
        "other": "will_do",
        "never": "will_do",
        "done": "impossible",
        "odd": "look_first",
        "absent": "impossible",
    }


def test_names_to_create_are_checked_for_being_free(
    refonte: Sandbox, alice: User, key: ViewerKey
) -> None:
    refonte.add_project("kittens")
    refonte.add_project("puppies")
    create(alice, key, "ours")
    create(alice, key, "elsewhere", project="puppies")
    add(refonte, "taken")
    names = ("ours", "elsewhere", "taken", "free")
    rows = [CreateRow(project="kittens", name=name) for name in names]

    bulk = read_plan(plan.plan_creates(user=alice, key=key, form_id=uuid4(), rows=rows))

    assert {name: group for name, (group, _) in messages_of(bulk).items()} == {
        "ours": "skipped",
        "elsewhere": "impossible",
        "taken": "impossible",
        "free": "will_do",
    }


def test_reading_stays_within_the_budget_and_goes_on_in_the_next_minute(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    for name in names_of(70):
        add(refonte, name)
    bulk = read_plan(plan_of(alice, key, names_of(70)))
    assert reads(refonte) == (0, 57)  # three are left to the watcher
    shown = read.plan_of(bulk)
    assert (bulk.state, shown.read, shown.chosen) == (BulkState.READING, 57, 70)
    assert bulk.wait_message == "All calls of this minute are used."

    clock.shift(60)
    assert read_plan(bulk).state == BulkState.PLANNED
    assert bulk.read_from
    assert bulk.read_until
    assert bulk.read_until > bulk.read_from


def test_a_429_while_reading_is_waited_for(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    for name in names_of(3):
        add(refonte, name)
    refonte.fault("status", "GET *", times=1, skip=1, code=429, headers={"Retry-After": "20"})
    bulk = read_plan(plan_of(alice, key, names_of(3)))
    assert bulk.state == BulkState.READING
    clock.shift(1)
    bulk = read_plan(bulk)
    assert bulk.wait_message == "Refonte asked to wait (429)."
    assert reads(refonte) == (0, 2)

    clock.shift(20)
    assert read_plan(bulk).state == BulkState.PLANNED
    assert {group for group, _ in messages_of(bulk).values()} == {"will_do"}


def test_while_refonte_does_not_answer_reading_waits_and_goes_on_by_itself(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    for name in names_of(8):
        add(refonte, name)
    refonte.fault("status", "GET *", code=503)
    bulk = plan_of(alice, key, names_of(8))
    work_off(clock, seconds=30)
    bulk.refresh_from_db()
    assert (bulk.state, bulk.wait_message) == (BulkState.READING, "Refonte is not responding.")

    refonte.reset()
    work_off(clock, seconds=61)
    bulk.refresh_from_db()
    assert bulk.state == BulkState.PLANNED
    groups = [group for group, _ in messages_of(bulk).values()]
    assert groups.count("will_do") >= 6  # of two a 503 was the answer before it was given up
