"""Lists of one status come from an index that writes and the clock keep current."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from batches.sandbox.models import Batch
from batches.sandbox.pace import Progress
from batches.sandbox.sandbox import Sandbox
from batches.sandbox.status_index import StatusIndex
from batches.sandbox.worlds import Search, World

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATUSES = ("staging", "in_progress", "completed", "paused")


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(batches=300, seed=7, now=clock)


def counted(world: World, at: float, project: str | None, status: str) -> list[str]:
    """By computing each batch anew."""
    found = [
        batch.name
        for batch in world.batches.values()
        if world.progress(batch, at).status == status and project in (None, batch.project)
    ]
    return sorted(found)


def listed(world: World, at: float, project: str | None, status: str) -> list[str]:
    rows, total = world.search(Search(project=project, status=status, limit=10_000), at)
    assert total == len(rows)
    assert [row.created_ms for row in rows] == sorted((r.created_ms for r in rows), reverse=True)
    return sorted(row.name for row in rows)


def write_something(sandbox: Sandbox, dice: Random) -> None:
    world, at = sandbox.world(), sandbox.now().timestamp()
    name = dice.choice(list(world.batches))
    match dice.randrange(5):
        case 0:
            sandbox.set_status(name, dice.choice(STATUSES))
        case 1:
            sandbox.add_batch(name, status=dice.choice(STATUSES), frozen=dice.random() < 0.5)
        case 2:
            sandbox.remove(name)
        case 3:
            world.prioritize(world.batches[name], dice.randint(10, 30), at)
        case 4 if world.progress(world.batches[name], at).status == "staging":
            world.finalize(world.batches[name], at)


@pytest.mark.parametrize("seed", range(4))
def test_the_index_agrees_with_computing_each_batch(sandbox: Sandbox, clock: Clock, seed: int):
    dice, world = Random(seed), sandbox.world()
    for _ in range(25):
        # sometimes back: the clock of a machine may be set
        clock.now += timedelta(minutes=dice.uniform(-60, 400))
        write_something(sandbox, dice)
        at = clock.now.timestamp()
        project = dice.choice([None, *world.projects])
        for status in STATUSES:
            found = listed(world, at, project, status)
            assert found == counted(world, at, project, status), status
    assert listed(world, at, None, "completed")


def test_the_next_list_computes_only_what_may_have_changed(sandbox: Sandbox, clock: Clock):
    world, at, computed = sandbox.world(), clock.now.timestamp(), list[str]()

    def progress_of(batch: Batch, moment: float) -> Progress:
        computed.append(batch.name)
        return world.progress(batch, moment)

    index = StatusIndex(progress_of, lambda batch: 0)
    index.changed(world.batches.values())
    index.timeline(None, "in_progress", at)
    assert len(computed) == len(world.batches)
    computed.clear()
    index.timeline(None, "in_progress", at + 2)
    assert len(computed) < 10


def test_a_status_that_was_set_is_listed_at_once(sandbox: Sandbox, clock: Clock):
    world, at = sandbox.world(), clock.now.timestamp()
    written = listed(world, at, None, "completed")[0]
    sandbox.set_status(written, "paused")
    assert listed(world, at, None, "paused") == [written]
