"""The demo as `make run` starts it: Refonte calls, and the worker reads at once."""

import json
import re
import sqlite3
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from batches.sandbox import Sandbox
from tests.support.stack import PASSWORD, Stack, running_stack

SECONDS = 120  # that a busy machine may take for what happens at once


def signed_in(stack: Stack) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    post(browser, f"{stack.url}/accounts/login/", username="olga", password=PASSWORD)
    return browser


def post(browser: requests.Session, url: str, **fields: str) -> requests.Response:
    token = browser.cookies.get("csrftoken") or csrf_of(browser, url)
    return browser.post(url, data=fields | {"csrfmiddlewaretoken": token}, timeout=60)


def csrf_of(browser: requests.Session, url: str) -> str:
    browser.get(url, timeout=60)
    return str(browser.cookies["csrftoken"])


def wait_for(lines: Any) -> list[dict[str, Any]]:
    until = time.monotonic() + SECONDS
    while not (found := lines()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return list(found)


def lines_of(log: Path, message: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line[:1] == "{"]
    return [line for line in found if line["message"] == message]


def status_of(home: Path, name: str) -> str | None:
    with sqlite3.connect(home / "console.sqlite3") as database:
        sql = "SELECT status FROM batches_seenbatch WHERE name = ?"
        row = database.execute(sql, (name,)).fetchone()
    return row[0] if row else None


def first_project(sandbox: Sandbox) -> str:
    return next(name for name, one in sandbox.world().projects.items() if not one.stages)


@pytest.mark.slow
@pytest.mark.one_database
def test_a_completion_is_read_as_refonte_calls(tmp_path: Path, static_root: Path) -> None:
    with running_stack(tmp_path, batches=5, static_root=static_root) as stack:
        browser, sandbox = signed_in(stack), stack.sandbox
        page = browser.get(f"{stack.url}/batches/new/", timeout=60)
        form = f"{stack.url}/batches/new/"
        key = re.search(r'name="key" value="([^"]+)"', page.text)
        assert key
        project = first_project(sandbox)
        facts = {"key": key[1], "project": project, "name": "told", "form_id": str(uuid4())}
        made = post(browser, form, **facts, tell_console="on")
        assert "/batches/told/" in made.url
        address = f"{stack.url}/batches/told/?key={key[1]}"
        assert f"{stack.url}/callbacks/[hidden]/" in browser.get(address, timeout=60).text
        before = len(sandbox.calls_to("GET", "/batches/told/status"))

        sandbox.set_status("told", "completed")

        wait_for(lambda: lines_of(stack.home / "dashboard.log", "Refonte called about a batch"))
        [read] = wait_for(
            lambda: lines_of(stack.home / "worker.log", "a batch read, as Refonte called")
        )
        assert read["logger"] == "batches.services.callbacks.readings"
        assert status_of(stack.home, "told") == "completed"
        assert len(sandbox.calls_to("GET", "/batches/told/status")) - before in (1, 2)
        live = f"{stack.url}/batches/told/live/?key={key[1]}"
        assert "Completed" in browser.get(live, headers={"X-Poll": "1"}, timeout=60).text
        browser.close()
    [access] = [
        line
        for line in lines_of(stack.home / "dashboard.log", "request")
        if line["view"] == "callbacks:receive"
    ]
    assert (access["status"], access["path"]) == (204, "/callbacks/[hidden]/")
