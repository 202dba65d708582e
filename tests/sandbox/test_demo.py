"""The demo: each designed batch shows what it is there for, on whatever day one starts."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.demo_cast import ROLES, Role
from batches.sandbox.models import HOUR
from batches.sandbox.pace import Progress
from batches.sandbox.vendor import Vendor
from batches.sandbox.worlds import World

from .conftest import Caller, Clock

BATCHES = 550
# a week of first starts, by day and by night
STARTS = [datetime(2026, 11, 23, 1, 7, tzinfo=UTC) + timedelta(hours=27 * n) for n in range(7)]


def demo_of(start: datetime) -> tuple[World, float]:
    vendor = Vendor(batches=BATCHES, demo=True, growing=True, now=lambda: start)
    return vendor.world(), start.timestamp()


# for tests that change nothing: a demo takes a third of a second
unchanged_demo_of = cache(demo_of)


def roles(shows: str) -> list[Role]:
    return [role for role in ROLES if role.shows == shows]


def share(progress: Progress) -> float:
    counts = progress.counts
    return 1 - float(counts["pending"]) / float(sum(counts.values()))


@pytest.fixture(params=STARTS, ids=lambda start: f"{start:%a-%H}")
def started(request: pytest.FixtureRequest) -> tuple[World, float]:
    return unchanged_demo_of(request.param)


def progress(world: World, name: str, at: float) -> Progress:
    return world.progress(world.batches[name], at)


def test_stalled_batches_rest_over_many_hours_of_work(started: tuple[World, float]):
    world, at = started
    for role in roles("stalled"):
        ended, project = at - role.ended * HOUR, world.projects[role.project]
        missed = world.pace.worked(project, at) - world.pace.worked(project, ended)
        assert missed > 15
        assert progress(world, role.name, ended) == progress(world, role.name, at + 90 * HOUR)
        assert progress(world, role.name, ended) != progress(world, role.name, ended - HOUR)
        assert 0.3 < share(progress(world, role.name, at)) < 0.8


def test_forgotten_batches_have_been_full_in_staging_for_days(started: tuple[World, float]):
    world, at = started
    for role in roles("forgotten"):
        day_ago = progress(world, role.name, at - 24 * HOUR)
        assert day_ago.status == "staging"
        assert day_ago == progress(world, role.name, at + 24 * HOUR)


def test_a_forgotten_batch_is_worked_on_once_somebody_starts_it():
    world, at = demo_of(STARTS[0])
    for role in roles("forgotten"):
        world.finalize(world.batches[role.name], at)
        assert share(progress(world, role.name, at + 48 * HOUR)) > 0.1


def test_no_other_batch_is_in_staging_for_a_day(started: tuple[World, float]):
    world, at = started
    forgotten = {role.name for role in roles("forgotten")}
    waits = [
        (batch.finalized_at or at) - batch.created_ms / 1000
        for batch in world.batches.values()
        if batch.staged and batch.status is None and batch.name not in forgotten
    ]
    assert len(waits) > 50
    assert max(waits) < 22 * HOUR


def test_every_other_open_batch_goes_on(started: tuple[World, float]):
    world, at = started
    resting = {role.name for role in ROLES if role.shows in {"stalled", "forgotten", "paused"}}
    for batch in world.batches.values():
        now, later = world.progress(batch, at), world.progress(batch, at + 72 * HOUR)
        if now.status in {"in_progress", "staging"} and batch.name not in resting:
            assert later.counts["completed"] > now.counts["completed"], batch.name


def test_the_batch_at_risk_needs_a_week_more(started: tuple[World, float]):
    world, at = started
    (role,) = roles("at risk")
    assert share(progress(world, role.name, at)) == pytest.approx(0.53, abs=0.01)
    assert progress(world, role.name, at + 5 * 24 * HOUR).status == "in_progress"
    assert progress(world, role.name, at + 14 * 24 * HOUR).status == "completed"


def test_errors_grow_in_one_batch_alone(started: tuple[World, float]):
    world, at = started
    (role,) = roles("errors growing")
    batch = world.batches[role.name]
    now, later = world.progress(batch, at), world.progress(batch, at + 12 * HOUR)
    done = later.counts["completed"] - now.counts["completed"]
    assert (later.counts["error"] - now.counts["error"]) / done > 0.2
    assert now.counts["error"] > 60
    assert now.status == later.status == "in_progress"
    assert max(b.plan.errors for b in world.batches.values() if b.status is None) <= 0.02
    assert [b.name for b in world.batches.values() if b.plan.more_errors] == [role.name]


def test_one_batch_keeps_growing(started: tuple[World, float]):
    world, at = started
    (role,) = roles("growing")
    totals = [
        sum(progress(world, role.name, at + day * 24 * HOUR).counts.values())
        for day in range(-5, 7)
    ]
    assert all(after - before > 1500 for before, after in pairwise(totals))


def test_a_completed_batch_was_reopened(started: tuple[World, float]):
    world, at = started
    (role,) = roles("reopened")
    batch = world.batches[role.name]
    states = [world.progress(batch, at - hours * HOUR).status for hours in (110, 25, 0)]
    assert states == ["in_progress", "completed", "in_progress"]


def test_tasks_were_sent_back_and_will_be_again(started: tuple[World, float]):
    world, at = started
    (role,) = roles("tasks sent back")
    for ago, _ in role.sent_back:
        moment = at - ago * HOUR
        before, after = (progress(world, role.name, moment + step) for step in (-1, 1))
        assert after.counts["completed"] < before.counts["completed"] - 100
        assert sum(after.counts.values()) == sum(before.counts.values())
    assert progress(world, role.name, at + 26 * HOUR).status == "in_progress"


def test_sizes_are_as_promised(started: tuple[World, float]):
    world, at = started
    totals = {role.shows: world.batches[role.name].plan.total for role in ROLES}
    assert totals["tiny"] == 12
    assert totals["huge"] > 100_000
    (tiny,) = roles("tiny")
    assert 2 < progress(world, tiny.name, at).counts["completed"] < 6


def test_the_night_project_works_at_night(started: tuple[World, float]):
    world, at = started
    night, day = world.projects["drone_fields"], world.projects["kitten_labeling"]

    def worked_at(project_name: str, hour: int) -> float:
        project, midnight = world.projects[project_name], at - at % (24 * HOUR)
        begun = [midnight - days * 24 * HOUR + hour * HOUR for days in range(1, 15)]
        return sum(
            world.pace.worked(project, t + HOUR) - world.pace.worked(project, t) for t in begun
        )

    assert worked_at(night.name, 23) > 3 * worked_at(night.name, 10)
    assert worked_at(day.name, 10) > 3 * worked_at(day.name, 23)


def test_no_hour_of_a_day_is_without_work_in_the_night_project(started: tuple[World, float]):
    """Else its batches would look stalled where all others work."""
    world, at = started
    batches = [
        b for b in world.batches.values() if b.project == "drone_fields" and b.status is None
    ]
    for batch in batches:
        begun = max(batch.finalized_at or at, at - 36 * HOUR)
        moments = [begun + hours * HOUR for hours in range(2, 36)]
        states = [world.progress(batch, moment) for moment in moments]
        for before, after in pairwise(states):
            if after.status == "in_progress":
                assert after.counts != before.counts, batch.name


def test_one_batch_is_paused(started: tuple[World, float]):
    world, at = started
    (role,) = roles("paused")
    states = [progress(world, role.name, at - hours * HOUR) for hours in (51, 49, 0, -90)]
    assert [state.status for state in states] == ["in_progress", "paused", "paused", "paused"]
    assert states[1].counts == states[3].counts


def test_the_demo_has_as_many_batches_as_asked_for_and_dozens_finished():
    world, at = unchanged_demo_of(STARTS[3])
    statuses = Counter(world.progress(batch, at).status for batch in world.batches.values())
    recent = [b for b in world.batches.values() if b.status is None]
    finished = Counter(b.project for b in recent if world.progress(b, at).status == "completed")
    assert sum(statuses.values()) == BATCHES
    assert 40 < statuses["in_progress"] < 90
    assert 7 <= statuses["staging"] < 20
    assert len([project for project, number in finished.items() if number >= 8]) >= 6


def test_the_same_seed_makes_the_same_demo():
    one, other = demo_of(STARTS[0])[0], demo_of(STARTS[0])[0]
    assert one.batches == other.batches
    assert one.batches != Vendor(batches=BATCHES, demo=True, seed=2).world().batches


def test_new_batches_come_and_others_complete_while_one_watches(clock: Clock):
    with Sandbox(batches=BATCHES, demo=True, growing=True, now=clock) as sandbox:
        alice = Caller(sandbox.url, LIVE_KEY)
        before = set(alice.names(status="in_progress"))
        clock.pass_by(hours=2)
        after = set(alice.names(status="in_progress"))
        alice.session.close()
    assert len(after - before) >= 2
    assert len(before - after) >= 2


def test_the_guide_lists_each_designed_batch():
    guide = (Path(__file__).parents[2] / "docs/demo.md").read_text("utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| `(.+?)` \| (\w+) \|", guide, re.MULTILINE)
    assert rows == [(role.shows, role.name, role.project) for role in ROLES]
