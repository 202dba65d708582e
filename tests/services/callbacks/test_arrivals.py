"""A call is taken at once, and looked up later."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import InterfaceError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from batches.models import CallbackAddress, Operation
from batches.sandbox import Sandbox
from batches.services.callbacks import arrivals
from batches.services.keys.types import KeyHandle
from tests.support.callbacks import call, token_of
from tests.support.reads import read_page, read_status


def due_at() -> Any:
    return CallbackAddress.objects.get().due_at


def test_a_known_address_makes_its_batch_due(told: Operation) -> None:
    assert due_at() is None
    assert call(told) == 1
    assert due_at() <= timezone.now()


def test_taking_a_call_asks_no_database(
    told: Operation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = token_of(told)
    with django_assert_num_queries(0):
        for text in (token, "0" * 40, "", "x" * 10_000, f"{token}0", token.upper()):
            arrivals.take_call(text)
    assert arrivals.handle_calls() == 1


def test_any_number_of_unknown_addresses_is_one_query_and_leaves_nothing(
    told: Operation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3_000):
        arrivals.take_call(f"{number:040x}")
    assert len(arrivals._arrived) == arrivals.WAITING
    with django_assert_num_queries(1):
        assert arrivals.handle_calls() == 0
    assert not arrivals._arrived
    assert due_at() is None
    assert CallbackAddress.objects.count() == 1


def test_nothing_that_arrived_is_no_query(
    db: None,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        arrivals.handle_calls()


def test_a_hundred_calls_in_a_second_are_written_once(
    told: Operation, clock: time_machine.Traveller
) -> None:
    written = mock.Mock(wraps=CallbackAddress.objects.filter)
    call(told)
    first = due_at()
    with mock.patch.object(CallbackAddress.objects, "filter", written):
        for _ in range(100):
            call(told)
            clock.shift(timedelta(milliseconds=9))
    assert [one for one in written.mock_calls if one.kwargs.get("pk")] == []
    clock.shift(5)
    call(told)
    row = CallbackAddress.objects.get()
    assert (row.due_at, row.called_at) == (first, timezone.now())


def test_what_is_shown_is_outdated_at_once(
    told: Operation, watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    read_status(watched)
    read_page(watched)
    clock.shift(1)
    read_status(watched)
    read_page(watched)
    assert len(refonte.calls) == 2  # the cache is fresh for three seconds and for five
    call(told)
    clock.shift(0.1)
    read_status(watched)
    read_page(watched)
    assert len(refonte.calls) == 4


def test_a_database_that_does_not_answer_loses_no_call(
    told: Operation,
) -> None:
    arrivals.take_call(token_of(told))
    fails = mock.patch.object(CallbackAddress.objects, "filter", side_effect=InterfaceError)
    with fails:
        with pytest.raises(InterfaceError):
            arrivals.handle_calls()
        arrivals.stop_handling()
    assert arrivals.handle_calls() == 1


def test_a_process_that_ends_notes_what_has_arrived(told: Operation) -> None:
    arrivals.take_call(token_of(told))
    arrivals.stop_handling()
    assert due_at()


def test_a_process_that_ends_waits_for_what_its_thread_is_noting(
    told: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()
    noted: list[int] = []

    def note_slowly(digests: Iterable[str]) -> int:
        has_begun.set()
        may_go_on.wait(60)
        noted.append(len([*digests]))
        return 0

    monkeypatch.setattr(arrivals, "_note", note_slowly)
    arrivals.take_call(token_of(told))
    handling = threading.Thread(target=arrivals.handle_calls)
    handling.start()
    assert has_begun.wait(60)
    threading.Timer(0.05, may_go_on.set).start()
    arrivals.stop_handling()
    assert noted == [1]
    handling.join()


def test_a_thread_handles_them_and_survives_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    def handle() -> None:
        rounds.append(len(rounds))
        arrivals.take_call("0" * 40)
        if error := (ValueError, InterfaceError, None, SystemExit)[len(rounds) - 1]:
            raise error

    pauses: list[float] = []
    monkeypatch.setattr(arrivals, "time", mock.Mock(sleep=pauses.append))
    monkeypatch.setattr(arrivals, "handle_calls", handle)
    monkeypatch.setattr(arrivals, "connections", mock.Mock())
    arrivals.take_call("0" * 40)
    with pytest.raises(SystemExit):
        arrivals._handle_forever()
    assert pauses == [arrivals.PAUSE, arrivals.REST, arrivals.PAUSE]
    assert caplog.text.count("could not be handled") == 1
    assert caplog.text.count("calls of Refonte wait") == 1


def test_a_process_has_one_such_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    started = threading.Event()
    monkeypatch.setattr(arrivals, "_has_thread", threading.Lock())
    monkeypatch.setattr(arrivals, "_handle_forever", started.set)
    arrivals.start_handling()
    assert started.wait(60)
    started.clear()
    arrivals.start_handling()
    assert not started.wait(0.05)
