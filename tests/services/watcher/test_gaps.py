"""A time in which nobody read a key is a gap with its reason."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from batches.models import ApiKey, WatchGap
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.watcher import gaps
from tests.support.background import run_watcher
from tests.support.batch_lists import add
from tests.support.clock import NOON

pytestmark = pytest.mark.usefixtures("clock")
WORKING: dict[str, Any] = {"status": "in_progress", "counts": {"pending": 5, "completed": 5}}


def the_gap() -> tuple[float, str]:
    """Its minutes and its reason."""
    gap = WatchGap.objects.get()
    return round((gap.until - gap.since) / timedelta(minutes=1)), gap.reason


@pytest.fixture(autouse=True)
def _watched_for_a_minute(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=60)


def test_while_it_is_read_there_is_none(watched: KeyHandle, clock: time_machine.Traveller) -> None:
    run_watcher(clock, watched, seconds=400)
    assert not WatchGap.objects.exists()


def test_a_worker_that_did_not_run(watched: KeyHandle, clock: time_machine.Traveller) -> None:
    clock.shift(3600)
    run_watcher(clock, watched, seconds=10)
    assert the_gap() == (61, gaps.NOT_RUNNING)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"keep_watch": False}, gaps.NOT_WATCHED), ({"is_refused": True}, gaps.REFUSED)],
)
def test_a_key_that_may_not_be_read(
    change: dict[str, bool], reason: str, watched: KeyHandle, clock: time_machine.Traveller
) -> None:
    ApiKey.objects.update(**change)
    run_watcher(clock, watched, seconds=20)
    clock.shift(1800)
    ApiKey.objects.update(**{name: not value for name, value in change.items()})
    run_watcher(clock, watched, seconds=10)
    assert the_gap() == (31, reason)


def test_a_vendor_that_fails(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.fault("status", match="GET *", code=503)
    run_watcher(clock, watched, seconds=120)
    clock.shift(600)
    refonte.reset()
    run_watcher(clock, watched, seconds=120)
    minutes, reason = the_gap()
    assert 12 <= minutes <= 15
    assert reason


def test_gaps_of_a_time_are_found(watched: KeyHandle, clock: time_machine.Traveller) -> None:
    clock.shift(3600)
    run_watcher(clock, watched, seconds=10)
    print_ = watched.fingerprint
    hour = timedelta(hours=1)
    assert gaps.gaps_of(fingerprint=print_, since=NOON, until=NOON + 2 * hour)
    assert not gaps.gaps_of(fingerprint=print_, since=NOON + 2 * hour, until=NOON + 3 * hour)
