"""The queries of watcher and recorder read an index on both databases, however many rows."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from batches.models import CallMinute, CallUse, Sample, SeenBatch, StatusChange, Sweep, WatchGap
from batches.refonte import IN_PROGRESS, Counts
from batches.sandbox import Sandbox
from batches.services.background import budget
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record
from batches.services.observations.series import samples_of
from batches.services.observations.sighting import Sighting
from batches.services.watcher import gaps, singles, watch
from batches.services.watcher.report import pace_of, reports_of
from tests.support.background import run_watcher
from tests.support.batch_lists import add
from tests.support.clock import NOON
from tests.support.query_plans import IN_ORDER, plans_of, slow_steps

pytestmark = pytest.mark.usefixtures("clock")
OTHERS, CLOSED, OPEN, MINUTES = 1_500, 1_000, 12, 200
TABLES = (
    "batches_seenbatch",
    "batches_sample",
    "batches_statuschange",
    "batches_callminute",
    "batches_watchgap",
    "batches_sweep",
)


@pytest.fixture
def crowd(watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller) -> KeyHandle:
    """Many batches of other keys, many closed ones of this key, and few open ones."""
    refonte.configure(detailed="none")
    add(refonte, *names(), status="in_progress", counts={"pending": 9, "completed": 1})
    states = ["in_progress", *["completed"] * 29]
    of_others = [seen(f"{n % 9:016}", f"other-{n}", states[n % 30]) for n in range(OTHERS)]
    closed = [seen(watched.fingerprint, f"closed-{n}", "completed") for n in range(CLOSED)]
    rows = SeenBatch.objects.bulk_create([*of_others, *closed])
    minute = int(NOON.timestamp()) // 60
    Sample.objects.bulk_create(
        Sample(batch=row, minute=minute - n, second=0, status=2, completed=n)
        for row in rows[:30]
        for n in range(MINUTES)
    )
    times = [(f"{n % 9:016}", NOON - timedelta(minutes=n)) for n in range(MINUTES)]
    CallMinute.objects.bulk_create(CallMinute(fingerprint=f, minute=at) for f, at in times)
    WatchGap.objects.bulk_create(
        WatchGap(fingerprint=f, since=at, until=at, reason="-") for f, at in times
    )
    StatusChange.objects.bulk_create(
        StatusChange(fingerprint=f, name="b", after="staging", at=at) for f, at in times
    )
    run_watcher(clock, watched, seconds=60, beat=10)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return watched


def seen(fingerprint: str, name: str, status: str) -> SeenBatch:
    facts: dict[str, Any] = {"status": status, "status_at": NOON, "seen_at": NOON}
    return SeenBatch(fingerprint=fingerprint, name=name, created_at=NOON, **facts)


def names() -> list[str]:
    return [f"kitten-{n:04}" for n in range(OPEN)]


def see(key: KeyHandle) -> None:
    sightings = [Sighting(name=n, status="in_progress", counts=Counts(pending=1)) for n in names()]
    record(fingerprint=key.fingerprint, sightings=sightings, at=timezone.now())


def watch_all(key: KeyHandle) -> None:
    watch.due_keys(now=timezone.now())
    watch.watch_key(fingerprint=key.fingerprint)


def read_series(key: KeyHandle) -> None:
    week = {"since": NOON - timedelta(days=7), "until": NOON + timedelta(days=7)}
    samples_of(fingerprints=[key.fingerprint], name=names()[0], **week)


def choose(key: KeyHandle) -> None:
    for sweep in Sweep.objects.filter(fingerprint=key.fingerprint):
        singles.next_departed(sweep)
        singles.next_by_pace(sweep, timezone.now() + timedelta(hours=1))
        singles.next_due(sweep)


def report(key: KeyHandle) -> None:
    reports_of(fingerprints=[key.fingerprint], now=timezone.now())
    pace_of(fingerprint=key.fingerprint, batch=names()[0], status=IN_PROGRESS, now=timezone.now())


def find_gaps(key: KeyHandle) -> None:
    week = {"since": NOON - timedelta(days=7), "until": NOON + timedelta(days=7)}
    gaps.gaps_of(fingerprint=key.fingerprint, **week)


def take_a_call(key: KeyHandle) -> None:
    budget.reserve_call(fingerprint=key.fingerprint, use=CallUse.WATCHER)


QUERIES = {
    "the watcher": watch_all,
    "the choice of the next batch": choose,
    "the recorder": see,
    "the samples of a batch": read_series,
    "the report of a key": report,
    "gaps": find_gaps,
    "the budget": take_a_call,
}


# Rows that may be sorted: the open batches of a key, by how overdue they are; those of one answer.
MAY_BE_SORTED = re.compile(r"seen_batch_open|digest=\?")


def test_every_query_uses_an_index(crowd: KeyHandle, clock: time_machine.Traveller) -> None:
    slow: dict[tuple[str, str], list[str]] = {}
    for name, query in QUERIES.items():
        for table in TABLES:
            clock.shift(61)
            with plans_of(table) as plans:
                query(crowd)
            before = ["", *plans]
            sorted_ = {
                step
                for step, last in zip(plans, before, strict=False)
                if MAY_BE_SORTED.search(last) and step == IN_ORDER
            }
            if steps := [step for step in slow_steps(plans) if step not in sorted_]:
                slow[name, table] = steps
    assert slow == {}


def test_open_batches_have_an_index_of_their_own(crowd: KeyHandle) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL may prefer another one, by its statistics")
    with plans_of("batches_seenbatch") as plans:
        choose(crowd)
    searches = [step for step in plans if step.startswith("SEARCH")]
    assert searches
    assert all("seen_batch_open" in step for step in searches)
