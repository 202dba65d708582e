"""The rules for vendor calls that no single fault shows: one deadline, one retry, rooms, waits."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from batches.refonte import Busy, Client, Deadline, NoAnswer
from batches.refonte.messages import Reply, Request
from batches.refonte.transport import PooledTransport
from batches.services.vendor import calls as vendor
from batches.services.vendor.breaker import Breaker
from batches.services.vendor.calls import Kind
from tests.faults.calls import (
    CREATE,
    FINALIZE,
    MAIN,
    POLL,
    PRIORITIZE,
    READS,
    WRITES,
    Call,
    Console,
    later,
)
from tests.faults.reconcile import settle_everything

LIST_PAGE, DETAIL_PAGE, *_ = READS


def test_a_poll_of_a_later_page_has_one_deadline_for_both_its_calls(
    console: Console, settings: Settings
):
    for number in range(60):
        created = datetime.now(UTC) - timedelta(minutes=number)
        console.sandbox.add_batch(f"old-{number:02}", created_at=created, counts={"pending": 1})
    [attempt] = console.attempts([LIST_PAGE])
    older = attempt.get("/batches/").context["older_url"]
    with later(), deadlines_of_calls(settings) as deadlines:
        data = {"since": datetime.now(UTC).isoformat(), "rows": "old-55 x"}
        answer = attempt.web.post(older.replace("/batches/", "/batches/live/"), data, headers=POLL)

    assert answer.status_code == 200
    assert len(deadlines) == 2
    assert deadlines[0] is deadlines[1]


@contextmanager
def deadlines_of_calls(settings: Settings) -> Iterator[list[Deadline]]:
    """Those of the vendor calls made meanwhile."""
    deadlines: list[Deadline] = []

    class Noting(PooledTransport):
        def send(self, request: Request, deadline: Deadline) -> Reply:
            deadlines.append(deadline)
            return super().send(request, deadline)

    client = Client(settings.REFONTE_API_URL, transport=Noting())
    with patch.object(vendor, "vendor_client", lambda: client):
        yield deadlines


@pytest.mark.parametrize(("headers", "calls"), [({}, 2), ({"Retry-After": "3600"}, 1)])
def test_a_page_is_tried_once_more_unless_the_vendor_asked_to_wait(
    headers: dict[str, str], calls: int, console: Console
):
    [attempt] = console.attempts([DETAIL_PAGE])
    path = f"/batches/{attempt.batch}/status"
    console.sandbox.fault("status", f"GET /v1{path}", code=503, headers=headers)
    attempt.run()

    assert len(console.sandbox.calls_to("GET", path)) == calls


@contextmanager
def rooms_of(kind: Kind, number: int) -> Iterator[None]:
    with ExitStack() as taken:
        for _ in range(number):
            taken.enter_context(vendor.safeguards().slot(kind))
        yield


def test_names_that_are_looked_up_while_typing_take_no_room_from_writes(console: Console):
    typing, writing = console.attempts([CREATE, CREATE])
    with rooms_of(Kind.WRITE, vendor.WRITERS):
        advice = typing.web.get(f"/batches/name/?key={typing.key.ref}&name=free-one")
    with rooms_of(Kind.POLL, vendor.READERS):
        busy = typing.web.get(f"/batches/name/?key={typing.key.ref}&name=free-one")
        writing.run()

    assert "This name is free" in advice.text
    assert "Could not check whether this name is free" in busy.text
    assert writing.outcome == "succeeded"


def test_pages_that_follow_an_operation_take_no_room_from_writes(console: Console):
    console.sandbox.fault("close_after_acting", "POST /v1/batches", times=1)
    console.sandbox.fault("status", "GET /v1/batches/*", times=1, skip=1, code=503)
    [attempt] = console.attempts([CREATE])
    attempt.run()
    assert attempt.operation
    follow = f"/operations/{attempt.operation.id}/live/"
    with later(timedelta(seconds=5)), rooms_of(Kind.WRITE, vendor.WRITERS):
        attempt.get(follow, **POLL)

    assert attempt.outcome == "succeeded"


def test_a_wait_that_the_vendor_asked_for_holds_writes_and_everyone_with_the_key(console: Console):
    reader, writer = console.attempts([DETAIL_PAGE, PRIORITIZE])
    writer.key = reader.key
    console.sandbox.fault("status", "GET *", code=429, headers={"Retry-After": "30"})
    reader.run()
    console.sandbox.faults.clear()
    console.sandbox.forget_calls()
    writer.run()

    assert writer.outcome == "waiting"
    assert not console.sandbox.calls
    settle_everything()
    assert writer.outcome == "succeeded"


@pytest.mark.parametrize("call", [CREATE, FINALIZE], ids=["create", "finalize"])
def test_a_post_is_sent_only_with_half_of_the_time_left(
    call: Call, console: Console, timeout: float
):
    console.sandbox.fault("latency", "GET *", seconds=timeout * 0.6)
    [attempt] = console.attempts([call])
    attempt.run()

    assert attempt.outcome == "not_sent"
    assert not [sent for sent in console.sandbox.calls if sent.method == "POST"]


def test_no_vendor_call_is_made_inside_a_transaction(
    console: Console, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    inside: list[bool] = []

    class Noting(PooledTransport):
        def send(self, request: Request, deadline: Deadline) -> Reply:
            inside.append(connection.in_atomic_block)
            return super().send(request, deadline)

    client = Client(settings.REFONTE_API_URL, transport=Noting())
    with monkeypatch.context() as patch:
        patch.setattr(vendor, "vendor_client", lambda: client)
        for attempt in console.attempts(MAIN):
            attempt.run()
        for fault, more in (("status", {"code": 429}), ("reset_after_acting", {})):
            console.sandbox.fault(fault, "POST *", times=len(WRITES), **more)
            for attempt in console.attempts(WRITES):
                attempt.run()
        asked = len(inside)
        settle_everything()

    assert len(inside) > asked > len(MAIN)
    assert not any(inside)


def test_a_probe_whose_thread_dies_lets_the_next_one_probe():
    breaker = Breaker()
    for _ in range(3):
        fail(breaker)
    with later(timedelta(seconds=6)):
        with pytest.raises(SystemExit), breaker.guard():
            raise SystemExit
        with breaker.guard():
            pass

    assert not breaker.is_open


def test_the_breaker_keeps_writes_from_a_vendor_that_is_down(console: Console):
    attempts = console.attempts(WRITES)
    console.sandbox.fault("status", code=500)
    for reader in console.attempts([DETAIL_PAGE, LIST_PAGE]):
        reader.run()
    console.sandbox.forget_calls()
    for attempt in attempts:
        attempt.run()

    assert {attempt.outcome for attempt in attempts} == {"not_sent"}
    assert not console.sandbox.calls


def test_who_comes_as_a_probe_fails_does_not_probe_as_well(monkeypatch: pytest.MonkeyPatch):
    breaker = Breaker()
    for _ in range(3):
        fail(breaker)

    class Meanwhile:
        """The lock of the probe, which another one takes and fails with first."""

        others = 1

        def acquire(self, *, blocking: bool) -> bool:
            if self.others:
                self.others -= 1
                fail(breaker)
            return True

        def release(self) -> None:
            pass

    monkeypatch.setattr(breaker, "_probing", Meanwhile())
    with later(timedelta(seconds=6)), pytest.raises(Busy), breaker.guard():
        pytest.fail("it probed as well")


def fail(breaker: Breaker) -> None:
    with suppress(NoAnswer), breaker.guard():
        raise NoAnswer("nothing")
