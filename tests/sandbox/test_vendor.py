"""What a test can arrange in Python: batches as it wants them, calls counted."""

from datetime import timedelta

import pytest

from batches.sandbox import TEST_KEY, Sandbox

from .conftest import MONDAY, Caller, Clock


def test_a_frozen_batch_stays_as_it_was_given(sandbox: Sandbox, alice: Caller, clock: Clock):
    sandbox.add_batch("still", status="staging", counts={"tasks_pending": 7, "tasks_odd": "x"})
    before = alice.status("still")
    clock.pass_by(days=9)
    assert alice.status("still") == before
    assert before["tasks_odd"] == "x"
    assert alice.post("/batches/still/finalize").json()["status"] == "in_progress"


def test_a_batch_that_is_not_frozen_moves(sandbox: Sandbox, alice: Caller):
    for project in ("receipts_ocr", "kitten_labeling"):
        created = MONDAY - timedelta(days=2)
        sandbox.add_batch(f"{project}-1", project=project, created_at=created, frozen=False)
    assert alice.status("kitten_labeling-1")["completed"] > 0
    assert sandbox.status_of("kitten_labeling-1") == "completed"
    assert alice.status("receipts_ocr-1")["status"] == "in_progress"


def test_a_batch_in_staging_that_moves_receives_tasks(sandbox: Sandbox, alice: Caller):
    created = MONDAY - timedelta(minutes=5)
    sandbox.add_batch("coming", status="staging", created_at=created, frozen=False)
    assert alice.status("coming")["status"] == "staging"
    assert alice.status("coming")["pending"] > 0


def test_counts_and_status_can_be_set_at_will(sandbox: Sandbox, alice: Caller):
    alice.create("kittens")
    sandbox.set_counts("kittens", tasks_completed=412, pending=488)
    sandbox.set_status("kittens", "completed")
    answer = alice.status("kittens")
    assert (answer["status"], answer["completed"], answer["tasks_pending"]) == (
        "completed",
        412,
        488,
    )
    assert answer["error"] == 0


def test_adding_a_name_again_replaces_it(sandbox: Sandbox, alice: Caller):
    sandbox.add_batch("kittens", status="paused")
    sandbox.add_batch("kittens", status="completed")
    assert alice.names() == ["kittens"]
    assert alice.status("kittens")["status"] == "completed"


def test_worlds_are_arranged_apart(sandbox: Sandbox, alice: Caller, bob: Caller):
    sandbox.add_batch("kittens", mode="test")
    assert alice.names() == []
    assert bob.names() == ["kittens"]
    sandbox.remove("kittens", mode="test")
    assert bob.names() == []


def test_a_mistaken_detail_is_refused(sandbox: Sandbox):
    with pytest.raises(TypeError):
        sandbox.add_batch("kittens", colour="red")


def test_calls_are_counted_by_method_and_path(sandbox: Sandbox, alice: Caller, bob: Caller):
    alice.get("/batches", limit=5)
    bob.get("/batches/x/status")
    alice.create("kittens")
    assert [call.query for call in sandbox.calls_to("GET", "/batches")] == [{"limit": "5"}]
    assert [call.key_mode for call in sandbox.calls_to("GET", "/batches/*/status")] == ["test"]
    assert len(sandbox.calls_to("*", "*")) == len(sandbox.calls) == 3
    sandbox.forget_calls()
    assert sandbox.calls == []


def test_a_key_can_be_refused_and_is_back_after_reset(sandbox: Sandbox, bob: Caller):
    sandbox.refuse_key(TEST_KEY)
    assert bob.get("/batches").status_code == 401
    assert sandbox.calls[-1].key_mode is None
    sandbox.reset()
    assert bob.get("/batches").status_code == 200
