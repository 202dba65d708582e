"""Work goes on by the clock: uneven, never backwards, and where priority sends it."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batches.sandbox import Sandbox
from batches.sandbox.models import HOUR, Plan, Project
from batches.sandbox.pace import Pace, counts_of, value_at, vary

from .conftest import MONDAY, Caller, Clock

SETTLED = ("completed", "error", "canceled")


def settled(status: dict[str, Any]) -> int:
    return sum(status[key] for key in SETTLED)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_breath_of_an_hour_never_goes_backwards(one: float, other: float):
    early, late = sorted((one, other))
    assert 0 <= vary(early) <= vary(late) + 1e-12
    assert vary(late) <= 1 + 1e-12


@given(st.integers(0, 5000), st.floats(0, 0.3), st.floats(0, 0.3))
def test_no_count_falls_when_one_more_task_is_done(done: int, errors: float, cancellations: float):
    plan = Plan(errors=errors, cancellations=cancellations)
    before, after = counts_of(plan, 5001, done), counts_of(plan, 5001, done + 1)
    assert all(before[key] <= after[key] for key in SETTLED)
    assert sum(after.values()) == 5001


def test_the_pace_is_uneven_and_sometimes_stops():
    pace, project = Pace(1, MONDAY.timestamp()), Project("kittens")
    marks = [pace.worked(project, pace.origin + hour * HOUR) for hour in range(200)]
    speeds = [late - early for early, late in pairwise(marks)]
    assert min(speeds) == 0
    assert max(speeds) > 1.2
    assert pace.worked(project, pace.origin - HOUR) == -1


def test_nights_are_slower_than_days():
    pace, project = Pace(1, MONDAY.timestamp()), Project("kittens")
    marks = [pace.worked(project, pace.origin + hour * HOUR) for hour in range(24 * 60)]
    by_hour = [0.0] * 24
    for hour, (early, late) in enumerate(pairwise(marks)):
        by_hour[(hour + 10) % 24] += late - early
    assert max(by_hour[0:5]) < min(by_hour[9:17])


def test_steps_begin_at_one():
    assert value_at([(5.0, 3.0), (9.0, 2.0)], 4.9) == 1.0
    assert value_at([(5.0, 3.0), (9.0, 2.0)], 5.0) == 3.0
    assert value_at([(5.0, 3.0), (9.0, 2.0)], 10.0) == 2.0


def test_tasks_come_and_are_finished_until_the_batch_completes(alice: Caller, clock: Clock):
    alice.create("kittens")
    assert alice.status("kittens")["pending"] == 0
    seen = []
    for _ in range(12):
        clock.pass_by(minutes=5)
        seen.append(alice.status("kittens"))
    assert all(settled(early) <= settled(late) for early, late in pairwise(seen))
    assert settled(seen[-1]) > settled(seen[0])
    clock.pass_by(days=3)
    assert alice.status("kittens")["status"] == "completed"
    assert alice.names(status="completed") == ["kittens"]


def test_a_batch_without_tasks_is_never_completed(alice: Caller, clock: Clock):
    alice.create("receipts", project="receipts_ocr")
    alice.post("/batches/receipts/finalize")
    clock.pass_by(days=30)
    assert alice.status("receipts")["status"] == "in_progress"


def test_the_demo_world_moves_within_seconds():
    clock = Clock()
    sandbox = Sandbox(batches=1200, now=clock)
    world = sandbox.world()
    before = {name: world.progress(b, clock().timestamp()) for name, b in world.batches.items()}
    clock.pass_by(seconds=10)
    after = {name: world.progress(b, clock().timestamp()) for name, b in world.batches.items()}
    sandbox.close()
    moved = [name for name in before if before[name] != after[name]]
    assert 5 < len(moved) < 90
    assert any(before[name].status == "staging" for name in moved)


def test_some_batches_are_stalled_for_days():
    clock = Clock()
    sandbox = Sandbox(batches=1200, now=clock)
    stalled = [b for b in sandbox.world().batches.values() if b.status is None and not b.plan.rate]
    at = clock().timestamp()
    first = [sandbox.world().progress(batch, at) for batch in stalled]
    later = [sandbox.world().progress(batch, at + 72 * HOUR) for batch in stalled]
    sandbox.close()
    assert stalled
    assert first == later


def test_priority_moves_work_from_one_batch_to_its_neighbours():
    def done_with(priority: int | None) -> tuple[int, int]:
        with Sandbox(batches=0, now=Clock()) as sandbox:
            moment, world = MONDAY.timestamp(), sandbox.world()
            for name in ("urgent", "other"):
                sandbox.add_batch(name, frozen=False, project="kitten_labeling")
                batch = world.batches[name]
                batch.plan = Plan(100_000, moment, arrived=100_000, rate=600)
            if priority:
                world.prioritize(world.batches["urgent"], priority, moment)
            later = moment + 5 * HOUR
            counts = [world.progress(world.batches[n], later).counts for n in ("urgent", "other")]
        return counts[0]["completed"], counts[1]["completed"]

    usual, raised, lowered = done_with(None), done_with(30), done_with(10)
    assert raised[0] > usual[0] > raised[1]
    assert lowered[0] < usual[0] < lowered[1]
    assert abs(sum(raised) - sum(usual)) <= 2


def test_the_rest_gets_its_workers_back_when_the_preferred_one_is_done():
    with Sandbox(batches=0, now=Clock()) as sandbox:
        moment, world = MONDAY.timestamp(), sandbox.world()
        for name, total in (("urgent", 500), ("other", 100_000)):
            sandbox.add_batch(name, frozen=False, project="kitten_labeling")
            world.batches[name].plan = Plan(total, moment, arrived=total, rate=600)
        world.prioritize(world.batches["urgent"], 30, moment)
        steps = world.projects["kitten_labeling"].shares
    assert [round(share, 2) for _, share in steps] == [0.5, 1.0]


def test_a_growing_world_gets_new_batches_by_the_clock():
    clock = Clock()
    with Sandbox(batches=10, now=clock, growing=True) as sandbox:
        assert len(sandbox.world().batches) == 10
        clock.pass_by(hours=2)
        grown = dict(sandbox.world().batches)
        assert len(grown) == 20
        assert len(sandbox.world("test").batches) == 10
        newest = max(grown.values(), key=lambda batch: batch.created_ms).name
        sandbox.remove(newest)
        clock.pass_by(seconds=1)
        assert newest not in sandbox.world().batches
