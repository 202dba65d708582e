"""Background work finds its work in the database."""

import logging
import threading
from collections import Counter
from datetime import datetime, timedelta
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from batches import tasks
from batches.models import (
    BulkState,
    CallMinute,
    Estimate,
    Lease,
    Operation,
    RecordCheck,
    SampleDay,
    SeenBatch,
    State,
    StoredReading,
)
from batches.refonte import Counts
from batches.sandbox import Sandbox
from batches.services.estimates import compute
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.walks import read_pages
from tests.support.bulk_work import plan_of
from tests.support.logs import json_of
from tests.support.operations import POST_CREATE, READ, create
from tests.support.vendor import KeyMaker
from tests.support.watched_work import Work, at

Monkey = pytest.MonkeyPatch
in_threads = pytest.mark.django_db(transaction=True)  # the threads have connections of their own


@pytest.fixture
def lost(refonte: Sandbox, key_for: KeyMaker, alice: User) -> Operation:
    refonte.add_project("kittens")
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    operation = create(alice, key_for(alice))
    Operation.objects.update(next_check_at=timezone.now())
    return operation


@in_threads
def test_every_minute_settles_what_is_due(lost: Operation) -> None:
    tasks.settle_operations.call_local()
    lost.refresh_from_db()
    assert lost.state == State.SUCCEEDED


def settle() -> None:
    """One round of the loop, and all that it started."""
    tasks.settle_once()
    tasks.settle_threads.wait()


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


@in_threads
def test_a_lost_answer_is_checked_after_two_seconds(lost: Operation) -> None:
    Operation.objects.update(next_check_at=timezone.now() + timedelta(seconds=2))
    settle()
    lost.refresh_from_db()
    assert lost.state == State.CHECKING
    with time_machine.travel(timezone.now() + timedelta(seconds=2)):
        settle()
    lost.refresh_from_db()
    assert lost.state == State.SUCCEEDED


@in_threads
def test_what_the_worker_does_can_be_followed_by_its_operation(
    lost: Operation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settle()
    lines = [json_of(r) for r in caplog.records if r.name == "batches.services.vendor.calls"]
    assert [line.get("operation") for line in lines] == [str(lost.id)]
    logging.getLogger("batches").info("between two operations")
    assert "operation" not in json_of(caplog.records[-1])


@in_threads
def test_an_operation_that_cannot_be_settled_is_named(
    lost: Operation, caplog: pytest.LogCaptureFixture, monkeypatch: Monkey
) -> None:
    monkeypatch.setattr("batches.services.operations.settle._key_of", lambda _: 1 / 0)
    settle()
    [line] = [json_of(record) for record in caplog.records if record.levelname == "ERROR"]
    assert line["operation"] == str(lost.id)


LOOPS = [
    ("settle_loop", "settle_once"),
    ("bulk_loop", "bulk_once"),
    ("walk_loop", "walk_once"),
    ("watch_loop", "watch_once"),
    ("called_loop", "read_called_once"),
    ("estimate_loop", "estimate_once"),
    ("tell_loop", "tell_once"),
]


@pytest.mark.parametrize(("loop", "job"), LOOPS)
def test_a_loop_starts_at_once_and_ends_with_the_worker(
    loop: str, job: str, monkeypatch: Monkey
) -> None:
    rounds: list[int] = []
    worker = mock.Mock(is_alive=lambda: len(rounds) < 3)
    monkeypatch.setattr(tasks, job, lambda: rounds.append(len(worker.join.mock_calls)))
    monkeypatch.setattr(threading, "main_thread", lambda: worker)
    getattr(tasks, loop)()
    assert rounds == [0, 1, 2]


def test_all_threads_of_a_worker_have_one_loop_of_each_kind(monkeypatch: Monkey) -> None:
    started = {loop: threading.Event() for loop, _ in LOOPS}
    monkeypatch.setattr(tasks, "_has_loops", threading.Lock())
    for loop, event in started.items():
        monkeypatch.setattr(tasks, loop, event.set)
    tasks.start_loops()
    assert all(event.wait(60) for event in started.values())
    for event in started.values():
        event.clear()
    tasks.start_loops()
    assert not started["settle_loop"].wait(0.05)
    assert not any(event.is_set() for event in started.values())


def test_a_worker_that_is_stopped_asks_for_no_further_list(
    refonte: Sandbox, key_for: KeyMaker, alice: User, monkeypatch: Monkey
) -> None:
    for mode in ("live", "test"):
        key_for(alice, mode=mode, keep_watch=True)
    for number in range(150):
        refonte.add_batch(f"kitten-{number}")
    worker = mock.Mock(is_alive=lambda: not refonte.calls)
    monkeypatch.setattr(threading, "main_thread", lambda: worker)

    tasks.walk_once()

    assert len(refonte.calls) == 1
    assert not Lease.objects.filter(until__gt=timezone.now()).exists()


def test_every_minute_lists_of_watched_keys_are_read_further(
    refonte: Sandbox, key_for: KeyMaker, alice: User
) -> None:
    key_for(alice, keep_watch=True)
    refonte.add_batch("kitten-07")
    tasks.walk_lists.call_local()
    assert SeenBatch.objects.get().name == "kitten-07"


def test_no_second_walk_begins_while_one_is_under_way_in_this_process(
    refonte: Sandbox, key_for: KeyMaker, alice: User, monkeypatch: Monkey
) -> None:
    rounds: list[int] = []

    def walk(**_: object) -> None:
        rounds.append(len(rounds))
        tasks.walk_once()

    monkeypatch.setattr(read_pages, "walk_due_keys", walk)
    tasks.walk_once()
    tasks.walk_once()
    assert rounds == [0, 1]


def test_every_minute_open_batches_are_estimated(db: None) -> None:
    Work().work(0, 100)
    with time_machine.travel(at(101), tick=False):
        tasks.estimate_batches.call_local()
    assert Estimate.objects.get().at == at(101)


def test_no_second_estimating_begins_while_one_is_under_way_in_this_process(
    db: None, monkeypatch: Monkey
) -> None:
    rounds: list[int] = []

    def compute_due(**_: object) -> None:
        rounds.append(len(rounds))
        tasks.estimate_once()

    monkeypatch.setattr(compute, "estimate_due", compute_due)
    tasks.estimate_once()
    tasks.estimate_once()
    assert rounds == [0, 1]


@in_threads
def test_people_s_calls_of_the_worker_are_added_with_its_loop(lost: Operation) -> None:
    CallMinute.objects.all().delete()
    settle()
    settle()
    assert CallMinute.objects.get(fingerprint=lost.fingerprint).people > 0


def test_a_database_that_does_not_answer_stops_no_loop(
    monkeypatch: Monkey, caplog: pytest.LogCaptureFixture
) -> None:
    fails = mock.Mock(side_effect=OperationalError("gone"))
    monkeypatch.setattr(tasks, "due_keys", fails)
    monkeypatch.setattr(read_pages, "walk_due_keys", fails)
    monkeypatch.setattr(compute, "estimate_due", fails)
    tasks.settle_once()
    tasks.walk_once()
    tasks.estimate_once()
    assert "could not be asked for what to estimate" in caplog.text
    assert "could not be asked for what is due" in caplog.text
    assert "could not be asked for lists to read" in caplog.text


def test_a_person_can_settle_by_hand(lost: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("settle_operations")
    assert capsys.readouterr().out == "1 operation taken one step on.\n"


def test_old_readings_are_dropped(db: None) -> None:
    StoredReading.objects.create(
        fingerprint="f" * 16, query="old", payload="{}", as_of="2020-01-01T00:00Z"
    )
    tasks.prune_readings.call_local()
    assert not StoredReading.objects.exists()


def test_sessions_that_have_ended_are_dropped(db: None) -> None:
    Session.objects.create(session_key="old", expire_date="2020-01-01T00:00Z")
    tasks.clear_sessions.call_local()
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
        "batches.tasks.time.sleep", lambda _: pauses.append(SampleDay.objects.count())
    )
    tasks.thin_observations.call_local()
    # three batches and two days: each pause is before the next one is packed
    assert pauses[:6] == [0, 1, 2, 3, 4, 5]
    assert SampleDay.objects.count() == 6


@in_threads
def test_every_minute_bulks_are_read_and_sent(
    refonte: Sandbox, key_for: KeyMaker, alice: User
) -> None:
    refonte.add_batch("kitten")
    bulk = plan_of(alice, key_for(alice), ["kitten"])
    tasks.run_bulks.call_local()
    tasks.bulk_threads.wait()
    bulk.refresh_from_db()
    assert bulk.state == BulkState.PLANNED


def test_bulks_wait_where_the_database_does_not_answer(
    monkeypatch: Monkey, caplog: pytest.LogCaptureFixture
) -> None:
    broken = mock.Mock(side_effect=OperationalError)
    monkeypatch.setattr("batches.services.bulks.work.due_keys", broken)
    tasks.bulk_once()
    assert "could not be asked for bulks" in caplog.text


def test_every_hour_the_record_is_checked(lost: Operation) -> None:
    tasks.settle_operations.call_local()
    tasks.check_record.call_local()
    assert RecordCheck.objects.get().found == 0
