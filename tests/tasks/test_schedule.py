"""What is done every minute, every hour and every night."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from batches.models import (
    BulkState,
    Estimate,
    Operation,
    RecordCheck,
    SampleDay,
    SeenBatch,
    State,
    StoredReading,
)
from batches.refonte import Counts
from batches.sandbox import Sandbox
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.tasks import loops, schedule
from tests.support.bulk_work import plan_of
from tests.support.vendor import KeyMaker
from tests.support.watched_work import Work, at

Monkey = pytest.MonkeyPatch
in_threads = pytest.mark.django_db(transaction=True)  # the threads have connections of their own


@in_threads
def test_every_minute_settles_what_is_due(lost: Operation) -> None:
    schedule.settle_operations.call_local()
    lost.refresh_from_db()
    assert lost.state == State.SUCCEEDED


def test_what_was_left_is_settled_every_minute_and_the_old_dropped_at_its_hour() -> None:
    midnight = datetime(2026, 11, 23)  # noqa: DTZ001 - as Huey's own clock
    day = [midnight + timedelta(minutes=minute) for minute in range(24 * 60)]
    due = Counter(task.name for moment in day for task in HUEY.read_periodic(moment))
    assert due == {
        "settle_operations": 24 * 60,
        "run_bulks": 24 * 60,
        "walk_lists": 24 * 60,
        "watch_batches": 24 * 60,
        "read_called_batches": 24 * 60,
        "estimate_batches": 24 * 60,
        "tell_people": 24 * 60,
        "prune_readings": 24,
        "thin_observations": 24,
        "forget_failures": 24 * 6,
        "check_record": 24,
        "clear_sessions": 1,
    }


def test_every_minute_lists_of_watched_keys_are_read_further(
    refonte: Sandbox, key_for: KeyMaker, alice: User
) -> None:
    key_for(alice, keep_watch=True)
    refonte.add_batch("kitten-07")
    schedule.walk_lists.call_local()
    assert SeenBatch.objects.get().name == "kitten-07"


def test_every_minute_open_batches_are_estimated(db: None) -> None:
    Work().work(0, 100)
    with time_machine.travel(at(101), tick=False):
        schedule.estimate_batches.call_local()
    assert Estimate.objects.get().at == at(101)


def test_a_person_can_settle_by_hand(lost: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("settle_operations")
    assert capsys.readouterr().out == "1 operation taken one step on.\n"


def test_old_readings_are_dropped(db: None) -> None:
    StoredReading.objects.create(
        fingerprint="f" * 16, query="old", payload="{}", as_of="2020-01-01T00:00Z"
    )
    schedule.prune_readings.call_local()
    assert not StoredReading.objects.exists()


def test_sessions_that_have_ended_are_dropped(db: None) -> None:
    Session.objects.create(session_key="old", expire_date="2020-01-01T00:00Z")
    schedule.clear_sessions.call_local()
    assert not Session.objects.exists()


def test_others_may_write_between_two_steps_of_thinning(db: None, monkeypatch: Monkey) -> None:
    """SQLite's lock goes to whoever asks while it is free: without a pause, to the job again."""
    now = timezone.now()
    names = [f"kitten-{number}" for number in range(3)]
    for day in (now - timedelta(days=5), now - timedelta(days=4)):
        counts = Counts(pending=9, completed=day.day)
        sightings = [Sighting(name=name, status="in_progress", counts=counts) for name in names]
        record(fingerprint="0123456789abcdef", sightings=sightings, at=day)
    pauses: list[int] = []
    monkeypatch.setattr(
        "batches.tasks.schedule.time.sleep", lambda _: pauses.append(SampleDay.objects.count())
    )
    schedule.thin_observations.call_local()
    # three batches and two days: each pause is before the next one is packed
    assert pauses[:6] == [0, 1, 2, 3, 4, 5]
    assert SampleDay.objects.count() == 6


@in_threads
def test_every_minute_bulks_are_read_and_sent(
    refonte: Sandbox, key_for: KeyMaker, alice: User
) -> None:
    refonte.add_batch("kitten")
    bulk = plan_of(alice, key_for(alice), ["kitten"])
    schedule.run_bulks.call_local()
    loops.bulk_threads.wait()
    bulk.refresh_from_db()
    assert bulk.state == BulkState.PLANNED


def test_every_hour_the_record_is_checked(lost: Operation) -> None:
    schedule.settle_operations.call_local()
    schedule.check_record.call_local()
    assert RecordCheck.objects.get().found == 0
