"""A service that does not answer is left alone for 5 s, by all of a process that ask it."""

import logging

import pytest
from prometheus_client import REGISTRY

from batches.services import cooldown
from batches.services.cooldown import Cooldown


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(cooldown, "monotonic", clock)
    return clock


def test_it_is_asked_again_after_five_seconds_by_one_alone(clock: Clock):
    service = Cooldown("fridge")
    service.failed(TimeoutError())
    clock.now += 4.9
    assert not service.may_ask()
    clock.now += 0.1
    assert [service.may_ask() for _ in range(3)] == [True, False, False]

    service.failed(TimeoutError())
    clock.now += 4.9
    assert not service.may_ask()
    clock.now += 0.1
    assert service.may_ask()
    service.answered()
    assert [service.may_ask() for _ in range(3)] == [True, True, True]


def test_who_tries_and_never_comes_back_keeps_nobody_from_it(clock: Clock):
    service = Cooldown("fridge")
    service.failed(TimeoutError())
    clock.now += 5
    assert service.may_ask()
    clock.now += 5
    assert service.may_ask()


def test_log_and_metrics_say_once_that_it_rests_and_once_that_it_is_back(
    clock: Clock, caplog: pytest.LogCaptureFixture
):
    def gauge() -> float | None:
        return REGISTRY.get_sample_value("console_resting", {"service": "fridge"})

    service = Cooldown("fridge")
    caplog.set_level(logging.INFO)
    states = [gauge()]
    for _ in range(2):
        service.failed(TimeoutError("redis://:s3cret@host"))
    states.append(gauge())
    clock.now += 7
    for _ in range(2):
        service.answered()
    states.append(gauge())

    assert states == [0, 1, 0]
    assert [line.getMessage() for line in caplog.records] == [
        "fridge does not answer; pausing requests to it",
        "fridge answers again",
    ]
    assert [getattr(line, "error", None) for line in caplog.records] == ["TimeoutError", None]
    assert caplog.records[1].seconds == 7  # type: ignore[attr-defined]  # one of our own
    assert "s3cret" not in caplog.text
