"""2,000 batches in progress: every batch's own pace is shown and kept, with and without counts."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Max, Min
from django.utils import timezone

from batches.models import CallMinute, SeenBatch
from batches.refonte import IN_PROGRESS
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.watcher.report import pace_of, reports_of
from tests.support.background import run_watcher
from tests.support.batch_lists import add

pytestmark = [
    pytest.mark.usefixtures("clock"),
    pytest.mark.slow,
    pytest.mark.one_database,
    pytest.mark.unmeasured,
]
MANY = 2_000
NAMES = [f"kitten-{number:04}" for number in range(MANY)]
WORKING: dict[str, Any] = {"status": "in_progress", "counts": {"pending": 500, "completed": 5}}


def shown(key: KeyHandle) -> timedelta:
    found = pace_of(
        fingerprint=key.fingerprint, batch=NAMES[7], status=IN_PROGRESS, now=timezone.now()
    )
    assert found
    return found.every


def most_calls_a_minute() -> int:
    return int(CallMinute.objects.aggregate(most=Max("background"))["most"])


def test_with_counts_all_are_read_each_minute_with_twenty_calls(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *NAMES, minutes=0.1, **WORKING)
    run_watcher(clock, watched, seconds=60)
    calls = run_watcher(clock, watched, seconds=120)

    every = shown(watched)
    assert every <= timedelta(minutes=2)
    oldest = SeenBatch.objects.aggregate(at=Min("counts_at"))["at"]
    assert timezone.now() - oldest <= every + timedelta(seconds=30)
    assert calls <= 2 * 23  # 21 pages, and one of staging
    assert most_calls_a_minute() <= 60


def test_without_counts_each_is_read_as_often_as_the_page_says(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    add(refonte, *NAMES, minutes=0.1, **WORKING)
    run_watcher(clock, watched, seconds=60, beat=4)
    every = shown(watched)
    # 60 calls, less 3 for the others and 7 for the lists
    assert timedelta(minutes=35) <= every <= timedelta(minutes=42)
    report = reports_of(fingerprints=[watched.fingerprint], now=timezone.now())
    in_progress = report[watched.fingerprint].swept[0]
    assert in_progress.is_slowed
    assert sum(group.batches for group in in_progress.paces) == MANY

    refonte.forget_calls()
    passed = timedelta(minutes=4)
    run_watcher(clock, watched, seconds=passed.total_seconds(), beat=4)
    read = Counter(call.path for call in refonte.calls if call.path.endswith("/status"))
    # in this part of the pace that part of the batches, each once
    assert len(read) == pytest.approx(MANY * (passed / every), rel=0.1)
    assert set(read.values()) == {1}
    assert most_calls_a_minute() <= 57
