"""Work and arrivals go faster, clocks do not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.sandbox import Sandbox
from batches.sandbox.speeds import Speeds
from batches.sandbox.vendor import Vendor
from batches.sandbox.worlds import Search

from .conftest import Clock

STEPS = st.lists(st.floats(0.1, 60), max_size=4)


@given(STEPS, st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_a_moment_and_its_seconds_belong_together(factors: list[float], since: float, at: float):
    speeds = Speeds()
    for number, factor in enumerate(factors):
        speeds.set(number * 700.0, factor)
    assert speeds.moment(since, speeds.elapsed(since, at)) == pytest.approx(at, abs=1e-3)
    assert (speeds.elapsed(since, at) >= 0) == (at >= since)


def test_the_speed_before_a_change_remains():
    speeds = Speeds([(100.0, 60.0), (200.0, 2.0)])
    assert speeds.elapsed(0, 100) == 100
    assert speeds.elapsed(100, 150) == 3000
    assert speeds.elapsed(150, 210) == 3020
    assert (speeds.last, speeds.fastest) == (2.0, 60.0)


def work(vendor: Vendor, name: str) -> int:
    world = vendor.world()
    progress = world.progress(world.batches[name], vendor.now().timestamp())
    return int(sum(progress.counts.values()) - progress.counts["pending"])


def test_sixty_times_the_work_and_arrivals_in_the_same_time():
    huge, grown = "kitten_labeling_archive", dict[float, tuple[int, int]]()
    for speed in (1.0, 60.0):
        clock = Clock()
        vendor = Vendor(batches=100, demo=True, growing=True, now=clock, speed=speed)
        before, known = work(vendor, huge), set(vendor.world().batches)
        clock.pass_by(hours=2)
        new = [b for name, b in vendor.world().batches.items() if name not in known]
        # created when they were seen to come, not in the future
        assert max(b.created_ms for b in new) <= clock().timestamp() * 1000
        grown[speed] = (work(vendor, huge) - before, len(new))
    assert grown[60.0][0] == pytest.approx(60 * grown[1.0][0], rel=0.02)
    assert grown[60.0][1] > 40 * grown[1.0][1]


def test_a_restart_at_another_speed_leaves_what_was(tmp_path: Path, clock: Clock):
    def started(speed: float) -> Sandbox:
        return Sandbox(
            batches=100, demo=True, growing=True, now=clock, state=tmp_path / "state", speed=speed
        )

    first = started(1.0)
    clock.pass_by(hours=5)
    at = clock().timestamp()
    world = first.world()
    before = {name: world.progress(batch, at) for name, batch in world.batches.items()}
    first.close()
    for speed in (60.0, 60.0, 1.0):
        vendor = started(speed)
        world = vendor.world()
        assert {n: world.progress(b, at) for n, b in world.batches.items()} == before
        vendor.close()


def test_lists_by_status_keep_up_with_the_speed(clock: Clock):
    with Sandbox(batches=100, demo=True, growing=True, now=clock, speed=60) as sandbox:
        for _ in range(10):
            clock.pass_by(minutes=3)
            world, at = sandbox.world(), clock().timestamp()
            rows, _ = world.search(Search(status="in_progress", limit=10_000), at)
            listed = {row.name for row in rows}
            counted = {
                n for n, b in world.batches.items() if world.progress(b, at).status == "in_progress"
            }
            assert listed == counted


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_is_none_is_refused(speed: float):
    with pytest.raises(ValueError, match="above 0"):
        Vendor(batches=1, speed=speed)
