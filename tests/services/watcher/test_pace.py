"""Where lists hold no counts, each batch is read as often as it changes, within the budget."""

from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from batches.models import ApiKey, SeenBatch
from batches.refonte import Counts
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.watcher.pace import FASTEST, SLOWEST, Point, pace_for
from batches.services.watcher.report import Pace, pace_of, reports_of
from tests.support.background import run_watcher
from tests.support.batch_lists import add
from tests.support.pages import text_of

# long, and the database does no more than in `test_sweeps.py`
pytestmark = [
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database,
    pytest.mark.unmeasured,
]
WORKING: dict[str, Any] = {"status": "in_progress", "counts": {"pending": 900, "completed": 0}}
NOW, MINUTE = 1_700_000_000, 60


def point(minutes_ago: float, completed: int, total: int = 1000, **counts: int) -> Point:
    pending = counts.pop("pending", total - completed)
    at = NOW - int(minutes_ago * MINUTE)
    return Point(at=at, completed=completed, pending=pending, total=total, **counts)


@pytest.mark.parametrize(
    ("points", "pace"),
    [
        ([], FASTEST),
        ([point(0, 5)], FASTEST),
        ([point(0, 500), point(60, 0)], FASTEST),
        ([point(0, 344), point(60, 300)], 120),  # 44 tasks an hour: one in 82 seconds
        ([point(0, 302), point(30, 300)], 900),
        ([point(0, 300), point(15, 300), point(70, 300)], SLOWEST),
        ([point(0, 300), point(90, 290), point(120, 100)], 600),  # what is older says little
        ([point(0, 290), point(10, 300)], FASTEST),  # a count that fell is a change
        ([point(0, 5, total=1100), point(10, 5)], FASTEST),  # tasks are added
        ([point(0, 995), point(60, 995)], 300),  # near its end
        ([point(0, 300, error=60), point(60, 300, error=0)], FASTEST),
        ([Point(NOW), Point(NOW - 900)], SLOWEST),  # answers without counts
        ([Point(NOW), Point(NOW + 900)], SLOWEST),  # the clock was set back
    ],
)
def test_a_batch_is_read_about_once_a_task(points: list[Point], pace: int) -> None:
    assert pace_for(points, now=NOW) == pace


def names(count: int, word: str = "kitten") -> list[str]:
    return [f"{word}-{number:04}" for number in range(count)]


def status_calls(refonte: Sandbox) -> Counter[str]:
    paths = (call.path.split("/") for call in refonte.calls)
    return Counter(parts[2] for parts in paths if parts[-1] == "status")


@pytest.fixture
def two_fast(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller, settings: Any
) -> list[str]:
    """Of 24 batches two change each minute; after an hour each has its own pace."""
    settings.BACKGROUND_CALLS_A_MINUTE = 20
    refonte.configure(detailed="none")
    fast = names(2, "fast")
    add(refonte, *names(22), *fast, **WORKING)
    for done in range(65):
        for name in fast:
            refonte.set_counts(name, pending=900 - done, completed=done)
        run_watcher(clock, watched, seconds=60, beat=10)
    return fast


def pace(key: KeyHandle, name: str) -> Pace | None:
    seen = SeenBatch.objects.filter(fingerprint=key.fingerprint, name=name).first()
    status = seen.status if seen else None
    return pace_of(fingerprint=key.fingerprint, batch=name, status=status, now=timezone.now())


def test_a_fast_batch_is_read_each_minute_and_a_resting_one_every_fifteen(
    two_fast: list[str],
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    as_alice: Client,
) -> None:
    refonte.forget_calls()
    done = count(100)

    def move() -> None:
        for name in two_fast:
            refonte.set_counts(name, pending=100, completed=next(done))

    run_watcher(clock, watched, seconds=1800, beat=10, between=move)

    read = status_calls(refonte)
    assert all(25 <= read[name] <= 30 for name in two_fast)
    assert all(read[name] == 2 for name in names(22))
    assert {row.read_every for row in SeenBatch.objects.filter(name__in=two_fast)} == {60}

    fast, resting = pace(watched, two_fast[0]), pace(watched, names(1)[0])
    assert fast
    assert resting
    assert (fast.every, fast.is_listed, fast.is_slowed) == (timedelta(minutes=1), False, False)
    assert resting.every == timedelta(minutes=15)
    assert (
        "24 batches, read one by one, as Refonte’s list has no counts: "
        "2 every minute, 22 every 15 minutes"
    ) in text_of(as_alice.get("/keys/"))


def test_a_batch_that_a_person_reads_is_not_read_once_more(
    two_fast: list[str], watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.forget_calls()
    done = count(100)

    def show() -> None:
        counts = Counts(pending=100, completed=next(done))
        sighting = Sighting(name=two_fast[0], status="in_progress", counts=counts)
        record(fingerprint=watched.fingerprint, sightings=[sighting], at=timezone.now())

    run_watcher(clock, watched, seconds=300, beat=10, between=show)

    read = status_calls(refonte)
    assert not read[two_fast[0]]
    assert read[two_fast[1]] >= 1


def test_with_too_few_calls_all_paces_grow_alike_and_the_page_says_so(
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    settings: Any,
    as_alice: Client,
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 10
    refonte.configure(detailed="none")
    add(refonte, *names(50), **WORKING)
    run_watcher(clock, watched, seconds=90, beat=5)
    shown = pace(watched, names(1)[0])
    assert shown
    assert shown.is_slowed
    # 7 of 10 calls are the watcher's, of which lists take 2
    assert shown.every == timedelta(minutes=10)
    assert "50 every 10 minutes; the calls of a minute allow no more" in text_of(
        as_alice.get("/keys/")
    )

    refonte.forget_calls()
    run_watcher(clock, watched, seconds=20 * 60, beat=5)
    read = status_calls(refonte)
    assert {2} <= {read[name] for name in names(50)} <= {2, 3}


def test_where_lists_hold_counts_a_batch_is_read_as_often_as_its_list(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    add(refonte, "done", status="completed", counts={})
    run_watcher(clock, watched, seconds=70)

    found = pace(watched, "kitten")
    assert found == Pace(
        every=timedelta(minutes=1), is_listed=True, is_slowed=False, calls=2, limit=60
    )
    assert pace(watched, "done") is None
    assert pace(watched, "unknown") is None
    ApiKey.objects.update(keep_watch=False)
    assert pace(watched, "kitten") is None


def test_a_turn_that_lies_ahead_is_of_a_clock_that_was_set_back(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.configure(detailed="none")
    add(refonte, *names(3), **WORKING)
    run_watcher(clock, watched, seconds=60)
    clock.shift(-7200)
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=120)

    assert set(status_calls(refonte)) == set(names(3))


def test_the_report_of_keys_without_counts_costs_one_query_more(
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_num_queries: Any,
) -> None:
    refonte.configure(detailed="none")
    add(refonte, *names(3), **WORKING)
    run_watcher(clock, watched, seconds=10)
    with django_assert_num_queries(5):
        reports_of(fingerprints=[watched.fingerprint], now=timezone.now())
