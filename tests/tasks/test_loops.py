"""The loops of the worker find their work in the database."""

import logging
import threading
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from batches.models import (
    CallMinute,
    Lease,
    Operation,
    State,
)
from batches.sandbox import Sandbox
from batches.services.background.threads import KeyThreads
from batches.services.estimates import compute
from batches.services.walks import read_pages
from batches.tasks import loops
from tests.support.logs import json_of
from tests.support.vendor import KeyMaker

Monkey = pytest.MonkeyPatch
in_threads = pytest.mark.django_db(transaction=True)  # the threads have connections of their own


def settle() -> None:
    """One round of the loop, and all that it started."""
    loops.settle_once()
    loops.settle_threads.wait()


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


@pytest.mark.parametrize("threads", [None, mock.Mock(is_busy=False), mock.Mock(is_busy=True)])
def test_a_loop_starts_at_once_and_ends_with_the_worker(
    threads: KeyThreads | None, monkeypatch: Monkey
) -> None:
    rounds: list[int] = []
    worker = mock.Mock(is_alive=lambda: len(rounds) < 3)
    monkeypatch.setattr(threading, "main_thread", lambda: worker)
    loop = loops.Loop(
        name="kittens", once=lambda: rounds.append(len(worker.join.mock_calls)), threads=threads
    )
    loop.run()
    assert rounds == [0, 1, 2]
    seconds = 0.5 if threads and threads.is_busy else 2
    assert worker.join.mock_calls == [mock.call(seconds)] * 3


def test_all_threads_of_a_worker_have_one_loop_of_each_kind(monkeypatch: Monkey) -> None:
    started = {loop.name: threading.Event() for loop in loops.LOOPS}
    monkeypatch.setattr(loops, "_has_loops", threading.Lock())
    monkeypatch.setattr(loops.Loop, "run", lambda loop: started[loop.name].set())
    loops.start_loops()
    assert all(event.wait(60) for event in started.values())
    for event in started.values():
        event.clear()
    loops.start_loops()
    assert not started["settle"].wait(0.05)
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

    loops.walk_once()

    assert len(refonte.calls) == 1
    assert not Lease.objects.filter(until__gt=timezone.now()).exists()


def test_no_second_walk_begins_while_one_is_under_way_in_this_process(
    refonte: Sandbox, key_for: KeyMaker, alice: User, monkeypatch: Monkey
) -> None:
    rounds: list[int] = []

    def walk(**_: object) -> None:
        rounds.append(len(rounds))
        loops.walk_once()

    monkeypatch.setattr(read_pages, "walk_due_keys", walk)
    loops.walk_once()
    loops.walk_once()
    assert rounds == [0, 1]


def test_no_second_estimating_begins_while_one_is_under_way_in_this_process(
    db: None, monkeypatch: Monkey
) -> None:
    rounds: list[int] = []

    def compute_due(**_: object) -> None:
        rounds.append(len(rounds))
        loops.estimate_once()

    monkeypatch.setattr(compute, "estimate_due", compute_due)
    loops.estimate_once()
    loops.estimate_once()
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
    monkeypatch.setattr(loops, "due_keys", fails)
    monkeypatch.setattr(read_pages, "walk_due_keys", fails)
    monkeypatch.setattr(compute, "estimate_due", fails)
    loops.settle_once()
    loops.walk_once()
    loops.estimate_once()
    assert "could not be asked for what to estimate" in caplog.text
    assert "could not be asked for what is due" in caplog.text
    assert "could not be asked for lists to read" in caplog.text


def test_bulks_wait_where_the_database_does_not_answer(
    monkeypatch: Monkey, caplog: pytest.LogCaptureFixture
) -> None:
    broken = mock.Mock(side_effect=OperationalError)
    monkeypatch.setattr("batches.services.bulks.work.due_keys", broken)
    loops.bulk_once()
    assert "could not be asked for bulks" in caplog.text
