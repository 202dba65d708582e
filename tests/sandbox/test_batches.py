"""Creating, reading, finalizing and prioritizing, with the vendor's refusals."""

from typing import Any

import pytest
import requests

from batches.sandbox import LIVE_KEY, Sandbox

from .conftest import Caller, Clock


def test_a_created_batch_is_answered_as_documented(alice: Caller):
    answer = alice.create("kittens", callback="ana@example.com", metadata={"ticket": "ML-1"})
    assert answer.status_code == 200
    assert answer.json() == {
        "project": "kitten_labeling",
        "name": "kittens",
        "callback": "ana@example.com",
        "status": "in_progress",
        "created_at": "2026-11-23T10:00:00.250Z",
        "metadata": {"ticket": "ML-1"},
    }
    assert alice.get("/batches/kittens").json() == answer.json()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "half \ud83d"}, "name"),
        ({"project": None}, "project"),
        ({"callback": "ftp://example.com"}, "callback"),
        ({"callback": "http://"}, "callback"),
        ({"callback": "http://[oops"}, "callback"),
        ({"callback": 7}, "callback"),
        ({"callback": "javascript:alert(1)"}, "callback"),
        ({"calibration_batch": "yes"}, "calibration_batch"),
        ({"metadata": []}, "metadata"),
        ({"calibration_batch": True, "self_label_batch": True}, "exclude"),
        ({"calibration_batch": True}, "Rapid"),
        ({"self_label_batch": True}, "Rapid"),
    ],
)
def test_a_bad_field_is_refused_in_words(alice: Caller, wrong: dict[str, Any], word: str):
    answer = alice.post("/batches", {"name": "kittens", "project": "kitten_labeling", **wrong})
    assert answer.status_code == 400
    assert answer.json()["status_code"] == 400
    assert word in answer.json()["error"]


@pytest.mark.parametrize("body", ["[]", "{", "null", "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(alice: Caller, body: str):
    answer = alice.session.post(f"{alice.url}/batches", data=body.encode(), timeout=60)
    assert answer.status_code == 400


@pytest.mark.parametrize("callback", ["https://ab.example/x?y=1", "http://ab.example:8080", ""])
def test_web_addresses_and_none_are_taken_for_a_callback(alice: Caller, callback: str):
    assert alice.create("kittens", callback=callback).json()["callback"] == (callback or None)


def test_a_name_is_taken_in_every_project(alice: Caller, bob: Caller):
    alice.create("kittens")
    assert alice.create("kittens", project="lidar_streets").status_code == 409
    assert bob.get("/batches/kittens").status_code == 404
    assert bob.create("kittens").status_code == 200


def test_an_unknown_project_is_404_or_400(alice: Caller, sandbox: Sandbox):
    assert alice.create("kittens", project="nowhere").status_code == 404
    sandbox.configure(unknown_project="400")
    assert alice.create("kittens", project="nowhere").status_code == 400


@pytest.mark.parametrize(
    "auth", [None, ("live_wrong_key", ""), (LIVE_KEY, "password"), ("ключ", "")]
)
def test_any_other_key_is_refused(sandbox: Sandbox, auth: tuple[str, str] | None):
    if auth is not None:
        auth = (auth[0].encode(), auth[1])  # type: ignore[assignment]  # requests takes bytes too
    answer = requests.get(f"{sandbox.url}/batches", auth=auth, timeout=60)
    assert answer.status_code == 401
    assert answer.json() == {"status_code": 401, "error": "Invalid API key"}


@pytest.mark.parametrize("header", ["Bearer abc", "Basic !!!", "Basic /w==", "Basic bm9jb2xvbg=="])
def test_an_unreadable_authorization_is_refused(sandbox: Sandbox, header: str):
    answer = requests.get(f"{sandbox.url}/batches", headers={"Authorization": header}, timeout=60)
    assert answer.status_code == 401


def test_a_rapid_batch_starts_when_finalized_once(alice: Caller, clock: Clock):
    assert alice.create("receipts", project="receipts_ocr").json()["status"] == "staging"
    clock.pass_by(minutes=3)
    waiting = alice.status("receipts")
    assert waiting["tasks_pending"] > 0
    assert alice.post("/batches/receipts/finalize").json()["status"] == "in_progress"
    again = alice.post("/batches/receipts/finalize")
    assert again.status_code == 400
    assert "not in staging" in again.json()["error"]


def test_no_task_comes_after_finalize(alice: Caller, clock: Clock):
    alice.create("receipts", project="receipts_ocr")
    clock.pass_by(minutes=2)
    before = alice.status("receipts")["tasks_pending"]
    alice.post("/batches/receipts/finalize")
    clock.pass_by(days=30)
    after = alice.status("receipts")
    assert after["status"] == "completed"
    assert sum(after[f"tasks_{key}"] for key in ("completed", "error", "canceled")) == before


def test_finalize_does_nothing_to_an_enterprise_batch(alice: Caller):
    before = alice.create("kittens").json()
    assert alice.post("/batches/kittens/finalize").json() == before


def test_a_rapid_project_needs_a_calibration_batch_first(alice: Caller, sandbox: Sandbox):
    sandbox.add_project("invoices", kind="rapid", calibrated=False)
    refused = alice.create("invoices-1", project="invoices")
    assert refused.status_code == 400
    assert "calibration" in refused.json()["error"]
    assert alice.create("first", project="invoices", calibration_batch=True).status_code == 200
    assert alice.create("invoices-1", project="invoices").status_code == 200


def test_a_studio_batch_waits_without_calibration(alice: Caller, sandbox: Sandbox):
    sandbox.add_project("atelier", kind="studio", calibrated=False)
    assert alice.create("sketches", project="atelier").json()["status"] == "staging"


@pytest.mark.parametrize("priority", [9, 31, "20", 20.0, True, None, "1e1"])
def test_a_priority_out_of_range_is_refused(alice: Caller, priority: object):
    alice.create("kittens")
    answer = alice.post("/batches/kittens/prioritize", {"priority": priority})
    assert answer.status_code == 400


def test_a_priority_is_taken_and_told_only_to_the_test(alice: Caller, sandbox: Sandbox):
    alice.create("kittens")
    for priority in (10, 30):
        answer = alice.post("/batches/kittens/prioritize", {"priority": priority})
        assert answer.json() == {"result": "success"}
    assert "priority" not in alice.get("/batches/kittens").json()
    assert sandbox.priorities_of("kittens") == [10, 30]


@pytest.mark.parametrize(
    "path", ["", "/status", "/finalize", "/prioritize", "/setMetadata", "/nothing", "/status/more"]
)
def test_an_unknown_batch_is_404_whatever_is_asked(alice: Caller, path: str):
    method = alice.post if path in {"/finalize", "/prioritize", "/setMetadata"} else alice.get
    assert method(f"/batches/nobody{path}").status_code == 404


def test_metadata_can_be_replaced(alice: Caller):
    alice.create("kittens", metadata={"old": 1})
    alice.post("/batches/kittens/setMetadata", {"new": 2})
    assert alice.get("/batches/kittens").json()["metadata"] == {"new": 2}


def test_another_method_is_405(alice: Caller):
    assert alice.session.delete(f"{alice.url}/batches", timeout=60).status_code == 405
    assert alice.session.put(f"{alice.url}/projects/x/setParams", timeout=60).status_code == 405
    assert alice.post("/batches/kittens/status").status_code == 405


def test_another_path_is_404(alice: Caller, sandbox: Sandbox):
    assert alice.get("/tasks").status_code == 404
    root = sandbox.url.removesuffix("/v1")
    assert alice.session.get(f"{root}/v2/batches", timeout=60).status_code == 404


def test_answers_carry_the_time_of_the_sandbox_clock(alice: Caller):
    assert alice.get("/batches").headers["Date"] == "Mon, 23 Nov 2026 10:00:00 GMT"
