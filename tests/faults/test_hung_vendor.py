"""A vendor that hangs, or is gone for minutes: nobody else waits, nobody sees an error page."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from pytest_django.fixtures import Settings

from dashboard.run import gunicorn_conf
from tests.faults.calls import PRIORITIZE, READS, Attempt, Console, later
from tests.faults.table import note_line

LIST_PAGE, DETAIL_PAGE, LIST_POLL, DETAIL_POLL = READS
POLLERS = 20
HALF = gunicorn_conf.threads // 2  # of the threads may wait


@contextmanager
def polling(attempts: Sequence[Attempt]) -> Iterator[None]:
    """Everybody polls at once, each in a thread; all are back when the block ends."""
    threads = [threading.Thread(target=_poll, args=(attempt,)) for attempt in attempts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(60)


def _poll(attempt: Attempt) -> None:
    try:
        attempt.run()
    finally:
        connection.close()


def asking(console: Console) -> int:
    return len(console.sandbox.calls)


def wait_until(console: Console, calls: int) -> None:
    for _ in range(200):
        if asking(console) >= calls:
            return
        threading.Event().wait(0.05)
    pytest.fail(f"only {asking(console)} calls reached the vendor")


@pytest.mark.slow
def test_20_pollers_of_a_vendor_that_hangs_leave_room_for_everyone_else(
    console: Console, settings: Settings, request: pytest.FixtureRequest
):
    settings.REFONTE_TIMEOUT = 60  # nobody waits that long: the vendor goes at the end
    pollers = console.attempts([DETAIL_POLL] * POLLERS)
    for poller in pollers:
        poller.prime()
    [writer] = console.attempts([PRIORITIZE])
    console.sandbox.forget_calls()
    console.sandbox.fault("hang", "GET *")
    with later(), polling(pollers):
        wait_until(console, HALF)
        hanging = asking(console)
        keys = writer.get("/keys/")
        writer.run()
        still = sum(poller.answer is None for poller in pollers)
        console.sandbox.stop()

    assert keys.status_code == 200
    assert writer.outcome == "succeeded"
    assert hanging == HALF
    # the rest got their answer while these still waited
    assert 0 < still <= HALF
    assert {poller.outcome for poller in pollers} == {"last state"}
    busy = [poller for poller in pollers if "Too many requests" in poller.words]
    assert len(busy) == POLLERS - HALF
    note_line(request, f"hung vendor: {POLLERS} pollers, {hanging} wait, {len(busy)} told busy")


@pytest.mark.slow
def test_gone_for_five_minutes_and_back_within_two_polls(
    console: Console, request: pytest.FixtureRequest
):
    """Each polls at the pace that the server sets, on a clock that stands still in between."""
    pollers = console.attempts([LIST_POLL, DETAIL_POLL] * 5)
    started = datetime.now(UTC)
    with time_machine.travel(started, tick=False) as clock:
        for poller in pollers:
            poller.prime()
        console.sandbox.stop()
        gone = Poll(pollers, clock).go_on_for(timedelta(minutes=5))
        assert {outcome for outcome, _ in gone} == {"last state"}
        console.sandbox.start()
        back = Poll(pollers, clock)
        for _ in range(2):
            back.everyone_once()
        assert {outcome for outcome, _ in back.heard[-len(pollers) :]} == {"live"}
    note_line(request, f"gone for 5 min: {len(gone)} polls, all with the last known state")


class Poll:
    """People who poll, each when the last answer said so."""

    def __init__(self, pollers: Sequence[Attempt], clock: time_machine.Traveller) -> None:
        self.clock = clock
        self.due = {id(poller): datetime.now(UTC) + timedelta(seconds=10) for poller in pollers}
        self.pollers = {id(poller): poller for poller in pollers}
        self.heard: list[tuple[str, float]] = []

    def go_on_for(self, time: timedelta) -> list[tuple[str, float]]:
        end = datetime.now(UTC) + time
        while min(self.due.values()) < end:
            self.next_one()
        return self.heard

    def everyone_once(self) -> None:
        for who in sorted(self.due, key=lambda who: self.due[who]):
            self.ask(who)

    def next_one(self) -> None:
        self.ask(min(self.due, key=lambda who: self.due[who]))

    def ask(self, who: int) -> None:
        self.clock.move_to(max(self.due[who], datetime.now(UTC)))
        poller = self.pollers[who]
        poller.run()
        self.heard.append((poller.outcome, poller.pace))
        self.due[who] = datetime.now(UTC) + timedelta(seconds=poller.pace)
