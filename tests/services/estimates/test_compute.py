"""The job: what is due is computed once and stored, whoever else runs and whoever is killed."""

from collections.abc import Iterator
from unittest import mock

import pytest
import time_machine

from batches.models import Estimate, FinishedBatch, Lease, Rhythm
from batches.services.estimates import compute
from batches.services.estimates.compute import estimate_due, estimate_key
from batches.services.estimates.read import estimate_of
from batches.services.forecast.estimate import estimate
from batches.services.forecast.reasons import Reason
from tests.support.watched_work import PRINT, Work, at, finish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(0), tick=False) as clock:
        yield clock


Clock = time_machine.Traveller


LONG = 3 * 24 * 60  # minutes of steady work, day and night, after which an end can be foreseen


def run(clock: Clock, minute: float) -> int:
    """One round of the worker; returns how many estimates it stored."""
    clock.move_to(at(minute))
    return estimate_due(now=at(minute))


def test_a_batch_in_progress_gets_a_range(clock: Clock):
    work = Work(total=1000)
    done = work.work(0, LONG, step=15, tasks=3)
    assert run(clock, LONG + 1) == 1
    row = Estimate.objects.get()
    assert (row.batch, row.status, row.total) == (work.row, "in_progress", 1000)
    assert (row.as_of, row.at) == (at(LONG), at(LONG + 1))
    assert row.reason == ""
    assert row.low is not None
    assert row.mid is not None
    assert row.high is not None
    assert at(LONG + 1) < row.low <= row.mid <= row.high
    assert row.speed == pytest.approx(12, rel=0.2)
    assert row.path[-1][0] > at(LONG + 1).timestamp()
    assert done == 867


def test_an_estimate_is_computed_again_after_five_minutes(clock: Clock):
    work = Work()
    work.work(0, 300)
    assert run(clock, 301) == 1
    work.see(302, 70)
    assert run(clock, 302) == 0
    assert run(clock, 305.9) == 0
    assert run(clock, 306) == 1
    assert run(clock, 306) == 0
    assert Estimate.objects.get().as_of == at(302)


def test_what_was_not_looked_at_since_is_not_computed_again_at_once(clock: Clock):
    Work(total=1000).work(0, LONG, step=15, tasks=3)
    assert run(clock, LONG + 1) == 1
    assert run(clock, LONG + 15) == 0
    assert run(clock, LONG + 16) == 1


def test_a_batch_that_nobody_looks_at_falls_silent_and_then_costs_nothing(clock: Clock):
    Work(total=1000).work(0, LONG, step=15, tasks=3)
    run(clock, LONG + 1)
    assert Estimate.objects.get().reason == ""
    rounds = [run(clock, LONG + minute) for minute in range(20, 6000, 120)]
    assert Estimate.objects.get().low is None
    shown = estimate_of(fingerprint=PRINT, name="kitten-07", now=at(LONG + 6000))
    assert shown is not None
    assert (shown.reason, shown.since) == (Reason.NOT_WATCHED, at(LONG))
    assert rounds[0] == 1
    assert rounds[-1] == 0


@pytest.mark.parametrize("total", [90, 130])
def test_another_total_is_estimated_at_once(clock: Clock, total: int):
    work = Work()
    work.work(0, 300)
    run(clock, 301)
    work.total = total
    work.see(302, 62)
    assert run(clock, 302) == 1
    assert Estimate.objects.get().total == total


def test_a_pause_is_said_at_once_and_so_is_its_end(clock: Clock):
    work = Work()
    work.work(0, 300)
    run(clock, 301)
    work.see(302, 62, status="paused")
    assert run(clock, 302) == 1
    row = Estimate.objects.get()
    assert (row.reason, row.since, row.status) == (Reason.PAUSED, at(302), "paused")
    assert run(clock, 400) == 0
    work.see(401, 62)
    assert run(clock, 401) == 1
    assert Estimate.objects.get().status == "in_progress"


def test_too_little_is_known_since_the_first_look(clock: Clock):
    work = Work()
    work.see(0, 1)
    work.see(1, 2)
    run(clock, 12)
    row = Estimate.objects.get()
    assert (row.reason, row.since) == (Reason.FEW_SAMPLES, at(0))


def test_a_batch_without_a_range_has_the_speed_that_was_seen(clock: Clock):
    work = Work(total=1000)
    for minute in range(21):
        work.total = 1000 + 20 * minute
        work.see(minute, 3 * minute)
    run(clock, 21)
    row = Estimate.objects.get()
    assert (row.reason, row.speed, row.speed_seconds) == (Reason.GROWING, 180, 1200)
    assert not row.is_of_project


@pytest.mark.parametrize(
    ("status", "counts"), [("staging", 0), ("completed", 100), ("cancelled", 30), ("on_hold", 30)]
)
def test_only_what_is_worked_on_is_estimated(clock: Clock, status: str, counts: int):
    work = Work()
    work.see(0, counts, status=status)
    assert run(clock, 1) == 0
    assert not Estimate.objects.exists()


def test_a_batch_last_seen_long_ago_is_not_begun_with(clock: Clock):
    Work().work(0, 300)
    assert run(clock, 300 + 24 * 60) == 0
    assert not Estimate.objects.exists()


def test_a_batch_that_ended_has_no_estimate_and_leaves_what_others_learn_from(clock: Clock):
    work = finish("kitten-01")
    Estimate.objects.create(batch=work.row, at=at(190), as_of=at(190), status="in_progress")
    run(clock, 201)
    assert not Estimate.objects.exists()
    row = FinishedBatch.objects.get()
    assert (row.batch, row.fingerprint, row.ended_at) == (work.row, PRINT, at(200))
    assert (row.settled, row.errors, row.staging_seconds) == (40, 0, 60 * 60)
    assert row.cells
    assert row.replay is not None
    assert len(row.replay["left"]) == 12
    assert len(Rhythm.objects.get().weights) == 168


def test_a_cancelled_batch_leaves_no_example(clock: Clock):
    work = Work()
    work.work(0, 100)
    run(clock, 101)
    work.see(102, 22, status="cancelled")
    run(clock, 102)
    row = FinishedBatch.objects.get()
    assert (row.settled, row.cells, row.replay) == (22, None, None)
    assert row.staging_seconds is None
    assert Rhythm.objects.get().weights == []
    assert not Estimate.objects.exists()


def test_a_batch_that_the_vendor_does_not_know_any_more_has_no_estimate(clock: Clock):
    work = Work()
    work.work(0, 100)
    run(clock, 101)
    work.see_gone(102)
    run(clock, 102)
    assert not Estimate.objects.exists()
    assert not FinishedBatch.objects.exists()


def test_a_batch_that_is_opened_again_is_no_example_any_more(clock: Clock):
    work = finish("kitten-01")
    Estimate.objects.create(batch=work.row, at=at(190), as_of=at(190), status="in_progress")
    run(clock, 201)
    work.total = 60
    work.see(300, 45)
    assert run(clock, 301) == 1
    assert not FinishedBatch.objects.exists()
    work.see(400, 60, status="completed")
    run(clock, 401)
    assert FinishedBatch.objects.get().ended_at == at(400)


def test_the_first_round_looks_through_what_ended_before(clock: Clock):
    for number in range(3):
        finish(f"kitten-{number}", first=300 * number)
    open_one = Work("kitten-09")
    open_one.work(900, 1000)
    # seen once, long after its end: it left no course
    Work("dog-01").see(900, 100, status="completed")
    run(clock, 1001)
    ends = FinishedBatch.objects.order_by("ended_at").values_list("ended_at", flat=True)
    assert list(ends) == [at(200), at(500), at(800)]
    assert Estimate.objects.get().batch == open_one.row


def test_a_worker_that_is_stopped_ends_between_two_steps_and_the_next_goes_on(clock: Clock):
    for number in range(3):
        finish(f"kitten-{number}", first=300 * number)
    Work("kitten-09").work(900, 1000)
    clock.move_to(at(1001))
    # the third answer is for the second batch that ended
    goes_on = mock.Mock(side_effect=[True, True, False, False, False, False])
    estimate_due(now=at(1001), goes_on=goes_on)
    assert FinishedBatch.objects.get().ended_at == at(200)
    assert not Rhythm.objects.exists()
    assert not Lease.objects.filter(until__gt=at(1001)).exists()
    run(clock, 1001)
    assert FinishedBatch.objects.count() == 3
    assert Estimate.objects.count() == 1


def test_of_two_workers_one_computes(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    Work().work(0, 300)
    clock.move_to(at(301))
    others: list[int] = []

    def in_between(*_: object, **__: object) -> bool:
        others.append(estimate_key(fingerprint=PRINT))
        return True

    assert estimate_key(fingerprint=PRINT, goes_on=in_between) == 1
    assert others
    assert set(others) == {0}


def test_what_a_killed_worker_left_is_due_again_when_its_lease_ends(clock: Clock):
    Work().work(0, 300)
    clock.move_to(at(301))
    kill = mock.patch.object(compute, "row_of", side_effect=KeyboardInterrupt)
    with kill, pytest.raises(KeyboardInterrupt):
        estimate_due(now=at(301))
    assert run(clock, 301.5) == 0
    assert run(clock, 302.1) == 1


def test_a_worker_that_lost_its_lease_writes_nothing(
    clock: Clock, caplog: pytest.LogCaptureFixture
):
    Work().work(0, 300)
    clock.move_to(at(301))

    def lose(*_: object, **__: object) -> bool:
        Lease.objects.update(token="another")
        return True

    assert estimate_key(fingerprint=PRINT, goes_on=lose) == 0
    assert not Estimate.objects.exists()
    assert "lost to another worker" in caplog.text


def test_keys_learn_nothing_from_each_other(clock: Clock):
    for number in range(3):
        finish(f"kitten-{number}", first=300 * number, fingerprint="f" * 16)
    Work("kitten-09", fingerprint="f" * 16).work(900, 930)
    Work("kitten-09").see(910, 0)
    Work("kitten-09").work(911, 931)
    run(clock, 1001)
    assert {row.fingerprint for row in FinishedBatch.objects.all()} == {"f" * 16}
    assert Rhythm.objects.get(fingerprint=PRINT).weights == []


def test_a_mistake_of_the_estimator_is_logged_and_stops_no_other_batch(
    clock: Clock, caplog: pytest.LogCaptureFixture
):
    for name in ("kitten-07", "kitten-08"):
        Work(name, total=1000).work(0, LONG, step=15, tasks=3)
    wrong = mock.Mock(side_effect=[IndexError("far out"), mock.DEFAULT], wraps=estimate)
    with mock.patch.object(compute, "estimate", wrong):
        assert run(clock, LONG + 1) == 2
    first, second = Estimate.objects.order_by("pk")
    assert (first.reason, second.reason) == (Reason.UNSURE, "")
    assert "far out" in caplog.text
    # it is tried again with all others
    assert run(clock, LONG + 2) == 0


def test_a_batch_that_ended_badly_leaves_nothing_and_is_not_tried_again(
    clock: Clock, caplog: pytest.LogCaptureFixture
):
    finish("kitten-01")
    with mock.patch.object(compute, "finished_row", side_effect=IndexError("far out")):
        Work("kitten-09").see(201, 1)
        run(clock, 202)
        run(clock, 203)
    assert not FinishedBatch.objects.exists()
    assert caplog.text.count("could not be estimated") == 1
