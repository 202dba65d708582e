"""What this console itself knows of a list: read in one query, of its key alone, as it is now."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from batches.models import Alarm, AlarmKind, ApiKey, BatchNote, Estimate, SeenBatch
from batches.sandbox import Sandbox
from batches.services.batches.known import KnownPage, known_of
from batches.services.batches.rows import Row
from batches.services.forecast.reasons import Reason
from batches.services.keys.types import KeyHandle
from tests.support import operations
from tests.support.batch_lists import add, first_page, poll_again
from tests.support.clock import NOON
from tests.support.known import alarmed, estimated, noted
from tests.support.reads import as_stored
from tests.support.vendor import KeyMaker, with_replaced_key

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def kitten(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    """The key, with a list of one batch that was seen."""
    add(refonte, "kitten")
    first_page(key)
    return key


def row(key: KeyHandle) -> Row:
    [found] = first_page(key).rows
    return found


def test_a_row_has_all_of_it(alice: User, kitten: KeyHandle, clock: time_machine.Traveller):
    estimated(kitten, "kitten", hours=(1, 4), speed=12.5, spark=[1, None, 3.5])
    alarmed(kitten, "kitten", AlarmKind.ERRORS, facts={"errors": 3, "tasks": 9})
    alarmed(kitten, "kitten", AlarmKind.STALLED, since=NOON - timedelta(hours=2))
    noted(kitten, "kitten", due_at=NOON + timedelta(days=1), owner=alice)
    operations.prioritize(alice, kitten, "kitten", priority=20)
    clock.shift(1)
    operations.prioritize(alice, kitten, "kitten", priority=25)

    found = row(kitten)

    assert found.estimate
    assert (found.estimate.low, found.estimate.speed) == (NOON + timedelta(hours=1), 12.5)
    assert (found.spark, found.spark_points) == ((1, None, 3.5), [1, 3.5])
    assert [one.kind for one in found.alarms] == [AlarmKind.STALLED, AlarmKind.ERRORS]
    assert found.stalled
    assert found.stalled.since == NOON - timedelta(hours=2)
    assert found.failing
    assert found.failing.facts == {"errors": 3, "tasks": 9}
    assert (found.at_risk, found.forgotten) == (None, None)
    assert (found.due_at, found.owner) == (NOON + timedelta(days=1), "alice")
    assert found.priority
    assert found.priority.parameters == {"priority": 25}


def test_a_batch_of_which_nothing_is_known_has_nothing(kitten: KeyHandle):
    found = row(kitten)

    assert (found.estimate, found.spark, found.due_at) == (None, (), None)
    assert (found.owner, found.alarms, found.priority) == ("", (), None)


CHANGES: dict[str, Any] = {
    "estimate": lambda key: estimated(key, "kitten", reason=Reason.GROWING),
    "speed": lambda key: Estimate.objects.update(speed=1),
    "due date": lambda key: BatchNote.objects.update(due_at=NOON),
    "owner": lambda key: BatchNote.objects.update(owner=User.objects.get(username="alice")),
    "alarm": lambda key: alarmed(key, "kitten", AlarmKind.STALLED),
    "end of an alarm": lambda key: Alarm.objects.update(ended_at=NOON),
    "dismissal": lambda key: Alarm.objects.update(dismissed_at=NOON),
    "note deleted": lambda key: BatchNote.objects.all().delete(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_it_is_a_changed_row_of_the_next_poll(kitten: KeyHandle, change: str):
    estimated(kitten, "kitten", hours=(1, 4), speed=9)
    alarmed(kitten, "kitten", AlarmKind.ERRORS)
    noted(kitten, "kitten", due_at=NOON + timedelta(days=1))
    before = row(kitten).stamp
    assert poll_again(kitten, ["kitten"]).rows[0].stamp == before

    CHANGES[change](kitten)

    # the answer of Refonte is the same one: nothing but this has changed
    assert poll_again(kitten, ["kitten"]).rows[0].stamp != before


def test_a_range_that_began_moves_with_the_time_and_ends_by_itself(
    kitten: KeyHandle, clock: time_machine.Traveller
):
    estimated(kitten, "kitten", hours=(0.5, 1))
    stamps = []
    for minutes in (0, 20, 26, 16):
        clock.shift(60 * minutes)
        stamps.append(poll_again(kitten, ["kitten"]).rows[0])

    assert stamps[0].stamp == stamps[1].stamp
    assert len({one.stamp for one in stamps}) == 3
    assert stamps[-1].estimate
    assert stamps[-1].estimate.reason == Reason.UNSURE


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("in_progress", ["at_risk", "stalled", "errors"]),
        ("staging", ["at_risk", "errors", "staging"]),
        ("paused", ["at_risk", "errors"]),
        ("completed", []),
        ("cancelled", []),
    ],
)
def test_an_alarm_that_the_status_has_ended_is_not_shown(
    kitten: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    status: str,
    kinds: list[str],
):
    for kind in (AlarmKind.STALLED, AlarmKind.STAGING, AlarmKind.ERRORS, AlarmKind.AT_RISK):
        alarmed(kitten, "kitten", kind)
    refonte.set_status("kitten", status)
    clock.shift(10)

    assert [one.kind for one in row(kitten).alarms] == kinds


def test_an_estimate_of_another_status_is_none(
    kitten: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    estimated(kitten, "kitten", hours=(1, 4), spark=[1, 2])
    refonte.set_status("kitten", "completed")
    clock.shift(10)

    assert (row(kitten).estimate, row(kitten).spark) == (None, ())


def test_dismissed_alarms_do_not_count(kitten: KeyHandle, refonte: Sandbox):
    add(refonte, "puppy")
    first_page(kitten, limit=99)
    assert first_page(kitten).attention == 0
    alarmed(kitten, "kitten", AlarmKind.STALLED)
    alarmed(kitten, "kitten", AlarmKind.ERRORS)
    alarmed(kitten, "puppy", AlarmKind.STALLED)
    assert first_page(kitten).attention == 2

    Alarm.objects.filter(kind=AlarmKind.STALLED).update(dismissed_at=NOON)

    assert first_page(kitten).attention == 1


def test_nobody_sees_what_is_known_with_another_key(
    kitten: KeyHandle, bob: User, key_for: KeyMaker, refonte: Sandbox
):
    estimated(kitten, "kitten", hours=(1, 4))
    alarmed(kitten, "kitten", AlarmKind.STALLED)
    noted(kitten, "kitten", due_at=NOON)
    other = key_for(bob, mode="test")
    SeenBatch.objects.create(fingerprint=other.fingerprint, name="kitten", seen_at=NOON)

    found = known_of(key=other, names=["kitten"])

    assert found.attention == 0
    assert (found.of("kitten").alarms, found.of("kitten").due_at) == ((), None)
    assert found.of("kitten").estimate is None


def test_of_a_refused_key_nothing_is_shown(kitten: KeyHandle):
    alarmed(kitten, "kitten", AlarmKind.STALLED)
    ApiKey.objects.update(is_refused=True)

    found = known_of(key=as_stored(kitten), names=["kitten"])

    assert found == KnownPage(newer=frozenset(["kitten"]))


def test_notes_and_priorities_outlive_a_replaced_key(
    alice: User, kitten: KeyHandle, refonte: Sandbox
):
    noted(kitten, "kitten", due_at=NOON)
    operations.prioritize(alice, kitten, "kitten", priority=25)
    new = with_replaced_key(kitten)
    first_page(new)

    assert row(new).due_at == NOON
    assert row(new).priority

    noted(new, "kitten", due_at=None, owner=alice)

    assert (row(new).due_at, row(new).owner) == (None, "alice")


def test_names_that_no_database_can_store_are_left_out(kitten: KeyHandle):
    assert known_of(key=kitten, names=["a\0b", "x" * 2_000]).by_name == {}
    assert known_of(key=kitten, names=["a\0b", "kitten"]).by_name.keys() == {"kitten"}


def test_an_alarm_of_a_later_version_is_left_out(kitten: KeyHandle):
    alarmed(kitten, "kitten", AlarmKind.STALLED)
    Alarm.objects.update(kind="new_kind")

    assert row(kitten).alarms == ()


def test_of_a_batch_that_is_gone_there_is_no_estimate(
    kitten: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    estimated(kitten, "kitten", hours=(1, 4))
    SeenBatch.objects.update(absent_at=NOON + timedelta(seconds=1))

    [found] = poll_again(kitten, ["kitten"]).rows

    assert found.facts.absent_at
    assert found.estimate is None
