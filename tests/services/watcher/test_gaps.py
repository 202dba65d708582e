"""A time in which nobody read a key is a gap with its reason."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from batches.models import ApiKey, CallMinute, Sweep, Watch, WatchGap
from batches.sandbox import Sandbox
from batches.services.background import requests
from batches.services.keys.types import KeyHandle
from batches.services.watcher import gaps
from batches.services.watcher.report import reports_of
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


def test_a_reason_that_lasted_for_a_minute_is_not_that_of_a_night(
    watched: KeyHandle, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 0  # the watcher gets 3 in any case
    Sweep.objects.update(next_at=timezone.now(), swept_at=None)
    minute = timezone.now().replace(second=0, microsecond=0)
    CallMinute.objects.update_or_create(
        fingerprint=watched.fingerprint, minute=minute, defaults={"background": 3}
    )
    run_watcher(clock, watched, seconds=10)
    assert Watch.objects.get().reason == requests.USED_UP
    clock.shift(8 * 3600)
    run_watcher(clock, watched, seconds=10)
    assert the_gap()[1] == gaps.NOT_RUNNING


def test_a_vendor_that_failed_and_a_worker_that_stopped_then_are_both_told(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.fault("status", match="GET *", code=503)
    run_watcher(clock, watched, seconds=600)
    refonte.reset()
    clock.shift(8 * 3600)
    run_watcher(clock, watched, seconds=120)
    reason = the_gap()[1]
    assert reason.startswith("Refonte answered 503: ")
    assert reason.endswith(f". {gaps.NOT_RUNNING}")


def test_so_are_a_worker_that_stopped_and_a_vendor_that_fails_then(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    clock.shift(8 * 3600)
    refonte.fault("status", match="GET *", code=503)
    run_watcher(clock, watched, seconds=600)
    refonte.reset()
    run_watcher(clock, watched, seconds=120)
    assert the_gap()[1].startswith(f"{gaps.NOT_RUNNING} Refonte answered 503: ")


def test_calls_that_were_used_up_are_no_reason_for_an_outage_that_follows(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    gaps.note_reason(watched.fingerprint, requests.USED_UP, until=timezone.now())
    refonte.fault("status", match="GET *", code=503)
    run_watcher(clock, watched, seconds=600)
    refonte.reset()
    run_watcher(clock, watched, seconds=120)
    assert the_gap()[1].startswith("Refonte answered 503: ")


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [(0, gaps.NOT_WATCHED), (10, f"{gaps.THROTTLED} {gaps.NOT_WATCHED}")],
)
def test_an_owner_who_ends_it_while_refonte_asks_to_wait_is_told(
    minutes: int,
    reason: str,
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
) -> None:
    gaps.note_reason(watched.fingerprint, gaps.THROTTLED, until=timezone.now())
    for _ in range(minutes):
        clock.shift(60)
        gaps.note_reason(watched.fingerprint, gaps.THROTTLED, until=timezone.now())
    ApiKey.objects.update(keep_watch=False)
    run_watcher(clock, watched, seconds=20)
    clock.shift(8 * 3600)
    ApiKey.objects.update(keep_watch=True)
    run_watcher(clock, watched, seconds=10)
    assert the_gap()[1] == reason


def test_an_owner_is_told_while_the_worker_does_not_run(
    watched: KeyHandle, clock: time_machine.Traveller
) -> None:
    [print_] = watched.fingerprints

    def told() -> str:
        return reports_of(fingerprints=[print_], now=timezone.now())[print_].reason

    clock.shift(120)
    assert told() == ""
    clock.shift(120)
    assert told() == gaps.NOT_RUNNING


def test_a_key_that_nobody_has_any_more_is_in_no_ones_way(watched: KeyHandle) -> None:
    Watch.objects.all().delete()
    gaps.note_read(watched.fingerprint, NOON)
    gaps.note_reason(watched.fingerprint, gaps.THROTTLED, until=NOON)
    assert not Watch.objects.exists()
