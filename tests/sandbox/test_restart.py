"""What is created survives a restart, and the clock goes on as if there had been none."""

from pathlib import Path

import pytest

from batches.sandbox import LIVE_KEY, Sandbox

from .conftest import Caller, Clock


def calling(sandbox: Sandbox) -> Caller:
    return Caller(sandbox.url, LIVE_KEY)


def test_what_was_created_is_there_after_a_restart(tmp_path: Path, clock: Clock):
    with Sandbox(batches=5, now=clock, state=tmp_path / "state") as first:
        caller = calling(first)
        caller.post("/projects", {"name": "bills", "type": "documenttranscription", "rapid": True})
        made = caller.create("first", project="bills", calibration_batch=True).json()
        caller.session.close()
    with Sandbox(batches=5, now=clock, state=tmp_path / "state") as second:
        caller = calling(second)
        assert caller.get("/batches/first").json() == made
        assert caller.create("first").status_code == 409
        assert caller.create("second", project="bills").status_code == 200
        caller.session.close()


def test_work_goes_on_over_a_restart(tmp_path: Path, clock: Clock):
    with Sandbox(batches=60, now=clock, state=tmp_path / "state") as first:
        caller = calling(first)
        names = caller.names(status="in_progress")
        caller.post(f"/batches/{names[0]}/prioritize", {"priority": 30})
        clock.pass_by(hours=3)
        before = [caller.status(name) for name in names]
        caller.session.close()
    with Sandbox(batches=60, now=clock, state=tmp_path / "state") as second:
        caller = calling(second)
        assert [caller.status(name) for name in names] == before
        assert second.priorities_of(names[0]) == [30]
        caller.session.close()


def test_what_was_removed_or_hidden_stays_so(tmp_path: Path, clock: Clock):
    with Sandbox(batches=5, now=clock, state=tmp_path / "state") as first:
        gone = next(iter(first.world().batches))
        first.remove(gone)
        first.add_batch("kept", status="in_progress", counts={"tasks_pending": 4})
        first.world().batches["kept"].visible_from = clock().timestamp() + 60
        first.world().save(first.world().batches["kept"])
    with Sandbox(batches=5, now=clock, state=tmp_path / "state") as second:
        caller = calling(second)
        assert gone not in second.world().batches
        assert "kept" not in caller.names()
        clock.pass_by(minutes=2)
        assert caller.status("kept")["tasks_pending"] == 4
        caller.session.close()


def test_a_removed_name_can_be_used_again(tmp_path: Path, clock: Clock):
    for _ in range(2):
        with Sandbox(batches=1, now=clock, state=tmp_path / "state") as sandbox:
            sandbox.add_batch("again")
            sandbox.remove("again")
            sandbox.add_batch("again")
    assert "again" in sandbox.world().batches


def test_a_state_of_another_seed_is_refused_in_words(tmp_path: Path, clock: Clock):
    Sandbox(batches=5, now=clock, state=tmp_path / "state").close()
    with pytest.raises(ValueError, match="remove it"):
        Sandbox(batches=6, now=clock, state=tmp_path / "state")


def test_a_stopped_sandbox_starts_again_on_its_port(sandbox: Sandbox, alice: Caller):
    alice.create("kittens")
    url = sandbox.url
    sandbox.stop()
    sandbox.stop()
    sandbox.start()
    assert sandbox.url == url
    assert alice.get("/batches/kittens").status_code == 200


def test_a_growing_world_finds_the_same_batches_again(tmp_path: Path, clock: Clock):
    def names() -> set[str]:
        with Sandbox(batches=5, now=clock, state=tmp_path / "state", growing=True) as sandbox:
            forgotten = next(b for b in sandbox.world().batches.values() if b.staged)
            sandbox.world().save(forgotten)
            return set(sandbox.world().batches)

    clock.pass_by(days=1)
    first = names()
    clock.pass_by(days=1)
    second = names()
    assert len(first) == 5
    assert len(second) == 5 + 24 * 5
    assert names() == second
