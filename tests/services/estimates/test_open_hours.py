"""An estimate uses the hours in which the key's other batches in progress were worked on."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from batches.models import Estimate, OpenCells
from batches.services.estimates import compute
from batches.services.estimates.compute import estimate_due, rebuild_key
from batches.services.estimates.past import prune
from batches.services.forecast.estimate import estimate
from batches.services.forecast.types import Rhythm
from tests.support.watched_work import PRINT, Work, at, finish

pytestmark = pytest.mark.django_db
DAY = 24 * 60


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(0), tick=False) as clock:
        yield clock


Clock = time_machine.Traveller


def run(clock: Clock, minute: float) -> dict[float, Rhythm]:
    """One round of the worker; returns the rhythm of each estimate, by tasks of the batch."""
    clock.move_to(at(minute))
    with mock.patch.object(compute, "estimate", wraps=estimate) as asked:
        estimate_due(now=at(minute))
    return {call.args[0].total[-1]: call.kwargs["rhythm"] for call in asked.call_args_list}


def work_days(name: str, *, days: int, total: int, **facts: Any) -> Work:
    """Eight hours of each day from noon, looked at all day and night."""
    work = Work(name=name, total=total, **facts)
    for minute in range(0, days * DAY, 15):
        day, since = divmod(minute, DAY)
        work.see(minute, day * 96 + min(since // 5, 96))
    return work


def night_of(rhythm: Rhythm) -> float:
    """The rate of an hour at night as a share of that of an hour by day."""
    by_hour = rhythm.weights.reshape(7, 24).mean(axis=0)
    return float(by_hour[:8].mean() / by_hour[13:19].mean())


def test_the_hours_of_another_batch_in_progress_are_used(clock: Clock):
    work_days("kitten-01", days=4, total=2000)
    Work("kitten-02", total=500).work(3 * DAY, 3 * DAY + 240)
    rhythms = run(clock, 4 * DAY)
    assert night_of(rhythms[500]) < 0.3
    # its own hours are added by the estimator, and are not counted twice
    assert night_of(rhythms[2000]) > 0.5


def test_they_are_kept_for_a_run_in_which_that_batch_is_not_due(clock: Clock):
    work_days("kitten-01", days=4, total=2000)
    run(clock, 4 * DAY)
    Work("kitten-02", total=500).work(4 * DAY - 240, 4 * DAY)
    rhythms = run(clock, 4 * DAY + 1)
    assert rhythms.keys() == {500}
    assert night_of(rhythms[500]) < 0.3


def test_those_of_another_key_are_not_used(clock: Clock):
    work_days("kitten-01", days=4, total=2000, fingerprint="f" * 16)
    Work("kitten-02", total=500).work(3 * DAY, 3 * DAY + 240)
    assert night_of(run(clock, 4 * DAY)[500]) > 0.5


def test_a_batch_on_which_nothing_was_done_leaves_no_hours(clock: Clock):
    Work("kitten-01").work(0, 100, tasks=0)
    run(clock, 101)
    assert Estimate.objects.exists()
    assert not OpenCells.objects.exists()


@pytest.mark.parametrize("status", ["completed", "cancelled", "on_hold"])
def test_they_go_when_the_batch_is_not_worked_on_any_more(clock: Clock, status: str):
    work = Work()
    work.work(0, 300)
    run(clock, 301)
    assert OpenCells.objects.get().batch == work.row
    work.see(302, 62, status=status)
    run(clock, 303)
    assert not OpenCells.objects.exists()


def test_they_stay_in_a_pause(clock: Clock):
    work = Work()
    work.work(0, 300)
    run(clock, 301)
    work.see(302, 62, status="paused")
    run(clock, 303)
    assert OpenCells.objects.exists()


def test_a_rebuild_makes_them_again(clock: Clock):
    Work().work(0, 300)
    finish("kitten-01")
    run(clock, 301)
    before = bytes(OpenCells.objects.get().cells)
    OpenCells.objects.update(cells=b"")
    assert rebuild_key(fingerprint=PRINT) == 1
    assert bytes(OpenCells.objects.get().cells) == before


def test_they_are_dropped_with_old_samples(clock: Clock):
    Work().work(0, 300)
    run(clock, 301)
    prune(now=at(301 + 2 * DAY))
    assert OpenCells.objects.exists()
    prune(now=at(301 + 2000 * DAY))
    assert not OpenCells.objects.exists()


def test_ten_batches_take_as_many_queries_as_two(clock: Clock):
    def queries(minute: int) -> int:
        clock.move_to(at(minute))
        with CaptureQueriesContext(
            connection,
        ) as found:
            estimate_due(now=at(minute))
        return len(found)

    works = [Work(f"kitten-{number}", total=1000) for number in range(10)]
    for work in works:
        work.work(0, 300)
    queries(301)  # the first round looks through what ended before
    counts = []
    for first, some in ((400, works[:2]), (500, works)):
        for work in some:
            work.see(first, 100)
        counts.append(queries(first + 1))
    assert counts[0] == counts[1]
