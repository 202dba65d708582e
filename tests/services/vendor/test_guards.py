"""The breaker and the bulkhead: a vendor in trouble is left alone, and holds only some threads."""

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest
import time_machine

from batches.refonte import (
    BadAnswer,
    Busy,
    NoAnswer,
    NotFound,
    NotSent,
    RefonteError,
    Rejected,
    Throttled,
    VendorError,
)
from batches.services.vendor.breaker import Breaker
from batches.services.vendor.bulkhead import Bulkhead
from tests.support.breaker import end_with, let_through


@pytest.mark.parametrize("error", [NoAnswer, NotSent, VendorError, BadAnswer])
def test_three_unusable_answers_in_a_row_open_it(error: Callable[[str], RefonteError]):
    breaker = Breaker()
    for _ in range(2):
        end_with(breaker, error("down"))
    assert not breaker.is_open

    end_with(breaker, error("down"))

    assert breaker.is_open
    assert not let_through(breaker)


@pytest.mark.parametrize("error", [NotFound, Rejected, Throttled])
def test_an_answer_that_refuses_is_an_answer_and_does_not_count(
    error: Callable[[str], RefonteError],
):
    breaker = Breaker()
    for _ in range(2):
        end_with(breaker, VendorError("500"))
    end_with(breaker, error("4xx"))
    for _ in range(2):
        end_with(breaker, VendorError("500"))

    assert not breaker.is_open


def test_a_call_that_was_given_up_is_neither_an_answer_nor_a_failure():
    breaker = Breaker()
    for error in (NoAnswer("down"), Busy("given up"), Busy("given up"), NoAnswer("down")):
        end_with(breaker, error)
    assert not breaker.is_open

    end_with(breaker, NoAnswer("down"))

    assert breaker.is_open


def test_an_open_breaker_says_when_it_will_try_again(clock: time_machine.Traveller):
    breaker = opened()
    clock.shift(2)

    with pytest.raises(Busy) as busy, breaker.guard():
        pytest.fail("the call was let through")

    assert busy.value.retry_after == 3


def test_after_the_pause_one_probe_alone_is_let_through(clock: time_machine.Traveller):
    breaker = opened()
    clock.shift(5)

    with breaker.guard():
        others = [let_through(breaker) for _ in range(3)]

    assert others == [False] * 3
    assert not breaker.is_open
    assert let_through(breaker)


def test_each_failed_probe_doubles_the_pause_up_to_a_minute(clock: time_machine.Traveller):
    breaker, pauses = opened(), []
    for _ in range(6):
        pauses.append(breaker.seconds_left)
        clock.shift(breaker.seconds_left)
        end_with(breaker, NoAnswer("still down"))

    assert pauses == [5, 10, 20, 40, 60, 60]


def test_a_probe_that_succeeds_sets_the_pause_back(clock: time_machine.Traveller):
    breaker = opened()
    clock.shift(5)
    end_with(breaker, NoAnswer("still down"))
    clock.shift(10)
    end_with(breaker, None)
    assert breaker.seconds_left == 0

    for _ in range(3):
        end_with(breaker, NoAnswer("down again"))

    assert breaker.seconds_left == 5


def test_a_call_that_ends_late_does_not_prolong_the_pause(clock: time_machine.Traveller):
    breaker = Breaker()
    with suppress(NoAnswer), breaker.guard():
        for _ in range(3):
            end_with(breaker, NoAnswer("down"))
        clock.shift(1)
        raise NoAnswer("this one too")

    assert breaker.seconds_left == 4


def test_a_call_from_before_the_pause_that_fails_during_the_probe_is_not_taken_for_it(
    clock: time_machine.Traveller,
):
    breaker, probe = Breaker(), ExitStack()
    with suppress(NoAnswer), breaker.guard():
        for _ in range(3):
            end_with(breaker, NoAnswer("down"))
        clock.shift(5)
        probe.enter_context(breaker.guard())
        raise NoAnswer("it hung all the while")
    assert breaker.is_open
    probe.close()

    assert not breaker.is_open


def test_a_call_from_before_the_pause_that_succeeds_leaves_the_word_to_the_probe(
    clock: time_machine.Traveller,
):
    breaker = Breaker()
    with breaker.guard():
        for _ in range(3):
            end_with(breaker, NoAnswer("down"))
        clock.shift(5)

    assert breaker.is_open
    end_with(breaker, NoAnswer("still down"))
    assert breaker.seconds_left == 10


def test_calls_run_side_by_side_while_it_is_closed():
    breaker, both = Breaker(), threading.Barrier(2, timeout=60)

    def call():
        with breaker.guard():
            both.wait()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not both.broken


def test_a_full_bulkhead_refuses_at_once_and_has_room_again_after():
    bulkhead = Bulkhead(1)
    with bulkhead.enter(), pytest.raises(Busy), bulkhead.enter():
        pytest.fail("there was no room")

    with bulkhead.enter():
        pass


def test_room_is_given_back_by_a_call_that_failed():
    bulkhead = Bulkhead(1)
    for _ in range(3):
        with suppress(NoAnswer), bulkhead.enter():
            raise NoAnswer("down")


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(3):
        end_with(breaker, NoAnswer("down"))
    return breaker


def test_the_log_says_when_the_vendor_is_left_alone_and_when_it_answers_again(
    clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
):
    breaker = opened()
    clock.shift(5)
    end_with(breaker, NoAnswer("still down"))
    clock.shift(10)
    end_with(breaker, None)

    lines = [(line.levelname, line.getMessage()) for line in caplog.records]
    assert lines == [
        ("WARNING", "Refonte is not responding: no requests for 5 s"),
        ("WARNING", "Refonte is not responding: no requests for 10 s"),
        ("WARNING", "Refonte answers again"),
    ]
