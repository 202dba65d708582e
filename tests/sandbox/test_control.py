"""`/_sandbox/`: the same as in Python, over HTTP, from this machine only."""

from typing import Any

import pytest
import requests

from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.control import control
from batches.sandbox.server import Incoming

from .conftest import Caller


class Remote:
    """A client of the control endpoints."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.root = sandbox.url.removesuffix("/v1") + "/_sandbox"

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = requests.request(method, f"{self.root}{path}", json=body, timeout=60, **more)
        return answer.status_code, answer.json()


@pytest.fixture
def remote(sandbox: Sandbox) -> Remote:
    return Remote(sandbox)


def test_variants_are_set_and_shown(remote: Remote, alice: Caller):
    remote("POST", "/variants", {"envelope": "array"})
    assert remote("GET", "/variants")[1]["envelope"] == "array"
    assert alice.get("/batches").json() == []


def test_faults_are_set_shown_and_reset(remote: Remote, alice: Caller):
    remote("POST", "/faults", {"kind": "status", "code": 500, "match": "GET *", "times": 3})
    assert alice.get("/batches").status_code == 500
    assert remote("GET", "/faults")[1][0]["times"] == 2
    assert remote("POST", "/reset") == (200, {"reset": True})
    assert alice.get("/batches").status_code == 200


def test_calls_are_told_and_forgotten(remote: Remote, alice: Caller, bob: Caller):
    alice.get("/batches", status="completed")
    bob.create("kittens")
    listed, created = remote("GET", "/calls")[1]
    assert listed["query"] == {"status": "completed"}
    assert (listed["method"], listed["path"], listed["key_mode"]) == ("GET", "/batches", "live")
    assert created["key_mode"] == "test"
    assert "kittens" in created["body"]
    assert LIVE_KEY not in str(listed)
    assert remote("DELETE", "/calls") == (200, [])
    assert remote("GET", "/calls") == (200, [])


def test_batches_are_added_changed_and_removed(remote: Remote, alice: Caller):
    remote("POST", "/projects", {"name": "bills", "kind": "rapid"})
    remote(
        "POST",
        "/batches",
        {"name": "a/b", "project": "bills", "status": "staging", "created_at": "2026-01-01T00:00Z"},
    )
    assert alice.get("/batches/a%2Fb").json()["created_at"] == "2026-01-01T00:00:00.000Z"
    remote("PATCH", "/batches/a%2Fb", {"status": "paused", "counts": {"tasks_pending": 3}})
    assert alice.status("a/b")["tasks_pending"] == 3
    assert alice.status("a/b")["status"] == "paused"
    assert remote("DELETE", "/batches/a%2Fb")[0] == 200
    assert alice.get("/batches/a%2Fb").status_code == 404


def test_keys_open_other_worlds_or_none(remote: Remote, sandbox: Sandbox, alice: Caller):
    remote("POST", "/keys", {"key": "key_of_another_customer", "mode": "another"})
    carol = Caller(sandbox.url, "key_of_another_customer")
    assert carol.get("/projects").json() == []
    carol.session.close()
    remote("POST", "/keys", {"key": LIVE_KEY, "mode": None})
    assert alice.get("/batches").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/variants", {"envelope": "round"}),
        ("POST", "/faults", {"match": "*"}),
        ("POST", "/faults", []),
        ("PATCH", "/batches/nobody", {"status": "paused"}),
        ("DELETE", "/batches/nobody", None),
    ],
)
def test_a_mistake_is_400(remote: Remote, method: str, path: str, body: Any):
    status, answer = remote(method, path, body)
    assert status == 400
    assert answer["error"]


def test_an_unknown_control_is_404_and_names_the_known(remote: Remote):
    status, answer = remote("GET", "/nothing")
    assert status == 404
    assert "POST faults" in answer["controls"]


def test_other_machines_and_web_pages_are_refused(remote: Remote, sandbox: Sandbox):
    far = Incoming("GET", "/_sandbox/calls", "", {}, b"", "192.0.2.7")
    assert control(sandbox, far).status == 403
    assert remote("POST", "/reset", headers={"Origin": "https://evil.example"})[0] == 403


def test_controls_are_not_counted_as_calls(remote: Remote, sandbox: Sandbox):
    remote("GET", "/variants")
    assert sandbox.calls == []
