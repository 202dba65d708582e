"""A batch that completes is posted to its callback, once, and only on this machine."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox import callbacks as posting
from batches.sandbox.callbacks import is_on_this_machine, post

from .conftest import Caller, Clock


class Receiver(HTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Post)
        self.posts: list[tuple[str, str, dict[str, Any]]] = []
        self.has_post = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/callbacks/abc/?a=b"


class Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posts.append((self.path, self.headers["Content-Type"], body))
        self.send_response(204)
        self.end_headers()
        self.server.has_post.set()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def wait_for_post(receiver: Receiver) -> None:
    assert receiver.has_post.wait(60)
    receiver.has_post.clear()


@pytest.mark.parametrize(
    ("callback", "is_here"),
    [
        ("http://127.0.0.1:8000/callbacks/a/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:8000/", True),
        ("http://localhost/a", True),
        ("https://127.0.0.1/", False),
        ("http://192.0.2.7/", False),
        ("http://localhost.example/", False),
        ("http://hooks.example.com/", False),
        ("ops@example.com", False),
        ("http://127.0.0.1:99999/", False),
        ("http://[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_nothing_leaves_this_machine(callback: str | None, is_here: bool):
    assert is_on_this_machine(callback) is is_here


def test_a_batch_that_completes_is_posted_as_it_is_read(
    sandbox: Sandbox, alice: Caller, receiver: Receiver
):
    alice.create("kittens", callback=receiver.url)
    sandbox.set_counts("kittens", pending=0, completed=9)
    sandbox.set_status("kittens", "completed")
    wait_for_post(receiver)
    [(path, kind, body)] = receiver.posts
    assert (path, kind) == ("/callbacks/abc/?a=b", "application/json")
    assert (body["name"], body["status"], body["tasks_completed"]) == ("kittens", "completed", 9)
    assert body["callback"] == receiver.url


def test_so_is_one_that_completes_with_the_clock_and_only_once(
    sandbox: Sandbox, alice: Caller, receiver: Receiver, clock: Clock
):
    alice.create("kittens", callback=receiver.url)
    assert sandbox.take_callbacks() == []
    clock.pass_by(days=30)
    wait_for_post(receiver)
    sandbox.set_status("kittens", "in_progress")
    sandbox.set_status("kittens", "completed")
    assert sandbox.take_callbacks() == []
    assert len(receiver.posts) == 1


def test_others_are_posted_nowhere(sandbox: Sandbox, alice: Caller, receiver: Receiver):
    alice.create("mailed", callback="ops@example.com")
    alice.create("elsewhere", callback="https://hooks.example.com/")
    alice.create("removed", callback=receiver.url)
    alice.create("open", callback=receiver.url)
    for name in ("mailed", "elsewhere", "removed"):
        sandbox.set_status(name, "completed")
        sandbox.remove(name)
    assert sandbox.take_callbacks() == []


def test_a_restart_goes_on_where_it_was(tmp_path: Path, clock: Clock, receiver: Receiver):
    with Sandbox(batches=0, now=clock, state=tmp_path / "state") as first:
        caller = Caller(first.url, LIVE_KEY)
        for name in ("done", "later"):
            caller.create(name, callback=receiver.url)
        first.set_status("done", "completed")
        wait_for_post(receiver)
        caller.session.close()
    with Sandbox(batches=0, now=clock, state=tmp_path / "state") as second:
        second.world()
        second.set_status("later", "completed")
        wait_for_post(receiver)
    assert [body["name"] for _, _, body in receiver.posts] == ["done", "later"]


def test_a_receiver_that_is_away_or_hangs_keeps_no_answer_waiting(
    sandbox: Sandbox, alice: Caller, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(posting, "POST_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hung = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for name, callback in (("away", "http://127.0.0.1:9/"), ("hung", hung)):
            alice.create(name, callback=callback)
            sandbox.set_status(name, "completed")
        assert alice.status("hung")["status"] == "completed"
        with pytest.raises(OSError):  # noqa: PT011 - any: timed out, or closed
            post(hung, {})
    alice.create("after", callback=receiver.url)
    sandbox.set_status("after", "completed")
    wait_for_post(receiver)
    assert [body["name"] for _, _, body in receiver.posts] == ["after"]


def test_an_address_that_cannot_be_posted_to_keeps_no_other_one_waiting(receiver: Receiver):
    # no request can have this path
    odd = f"http://127.0.0.1:{receiver.server_port}/\N{SNOWMAN}"
    calls = [[(odd, {}), (receiver.url, {"name": "second"})]]
    thread = posting.CallbackThread(lambda: calls.pop() if calls else [])
    thread.start()
    wait_for_post(receiver)
    thread.stop()
    assert [body["name"] for _, _, body in receiver.posts] == ["second"]
