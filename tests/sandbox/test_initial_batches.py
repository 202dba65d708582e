"""The worlds at the first start: the same each time, of the promised sizes."""

from collections import Counter
from datetime import timedelta

from batches.sandbox import Sandbox
from batches.sandbox.models import Batch

from .conftest import MONDAY, Clock


def seeded(mode: str = "live", batches: int = 1200, seed: int = 1) -> dict[str, Batch]:
    sandbox = Sandbox(batches=batches, seed=seed, now=Clock())
    try:
        return sandbox.world(mode).batches
    finally:
        sandbox.close()


def test_the_same_seed_makes_the_same_worlds():
    assert seeded() == seeded()
    assert seeded("test") == seeded("test")
    assert seeded(seed=2) != seeded(seed=1)


def test_the_live_world_holds_what_is_promised():
    sandbox = Sandbox(batches=1200, now=Clock())
    world, at = sandbox.world(), MONDAY.timestamp()
    statuses = Counter(world.progress(batch, at).status for batch in world.batches.values())
    projects = Counter(batch.project for batch in world.batches.values())
    sandbox.close()
    assert statuses == {"completed": 1098, "in_progress": 85, "staging": 17}
    assert len(projects) == 8
    assert sum(projects.values()) == 1200


def test_batches_lie_within_six_months_and_some_share_a_millisecond():
    created = Counter(batch.created_ms for batch in seeded().values())
    oldest = (MONDAY - timedelta(days=182)).timestamp() * 1000
    assert oldest <= min(created) < max(created) < MONDAY.timestamp() * 1000
    assert max(created.values()) > 1


def test_callbacks_and_metadata_are_mixed():
    batches = seeded().values()
    callbacks = {(batch.callback or "none")[:7].partition("s-")[0] for batch in batches}
    assert callbacks == {"none", "https:/", "label"}
    assert 50 < sum(bool(batch.metadata) for batch in batches) < 500


def test_the_test_world_is_small_and_lacks_one_calibration():
    sandbox = Sandbox(batches=1200, now=Clock())
    world = sandbox.world("test")
    sandbox.close()
    assert len(world.batches) == 40
    assert [p.name for p in world.projects.values() if p.kind == "rapid" and not p.calibrated] == [
        "drone_fields"
    ]


def test_any_count_is_kept_to():
    for count in (0, 1, 5, 60):
        assert len(seeded(batches=count)) == count
        assert len(seeded("test", batches=count)) == min(count, 40)


def test_fifty_thousand_have_fifty_thousand_names():
    assert len(seeded(batches=50_000)) == 50_000


def test_a_world_of_another_name_begins_empty():
    assert seeded("someone else") == {}
