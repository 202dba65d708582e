"""Processes killed with -9 as they operate or settle: nothing is lost, sent twice or stuck."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from batches.models import State, Verb
from batches.sandbox import Sandbox
from tests.faults.table import note_line

SEED = 20261123
WAITING = ("waiting_0", "waiting_1")
OPERATIONS_EACH = 12
CREATE = "/batches"
SLOWLY = 0.01  # seconds before and after the vendor acts, so that kills fall there too
MOST_SECONDS = 240  # a bound for a busy machine; alone it takes less than 60
SETTLED_WELL = {State.SUCCEEDED, State.NO_EFFECT}


@dataclass(frozen=True)
class Aftermath:
    """What the killed left behind, what it was settled as, and what the vendor was really told.

    held: what those who settled had in hand when they were killed.
    """

    left: Counter[str]
    held: Counter[str]
    rows: list[dict[str, str]]
    sandbox: Sandbox

    @property
    def posts(self) -> Counter[tuple[str, str]]:
        # who was killed while sending leaves a request without its body, which nobody carries out
        calls = [
            c for c in self.sandbox.calls if c.method == "POST" and (c.body or c.path != CREATE)
        ]
        return Counter(_verb_and_name(call.path, call.body) for call in calls)

    def acted(self, verb: str, name: str) -> bool:
        batch = self.sandbox.world().batches.get(name)
        if verb == Verb.FINALIZE:
            return self.sandbox.status_of(name) != "staging"
        return bool(batch and (verb == Verb.CREATE or batch.priorities))


def _verb_and_name(path: str, body: bytes) -> tuple[str, str]:
    if path == CREATE:
        return (Verb.CREATE, json.loads(body)["name"])
    _, _, name, verb = path.split("/")
    return (verb, name)


def kill_many(kills: int, settling: int, folder: Path, database_url: str) -> Aftermath:
    with Sandbox(batches=0) as sandbox:
        sandbox.add_project("kittens")
        for mark in (*WAITING, *(f"killed_{number}" for number in range(kills))):
            sandbox.add_key(f"live_key_of_{mark}", "live")
            for step in range(OPERATIONS_EACH):
                sandbox.add_batch(f"staged-{mark}-{step}", status="staging", counts={})
                sandbox.add_batch(f"going-{mark}-{step}", counts={})
        sandbox.fault("latency", "POST *", seconds=SLOWLY)
        sandbox.fault("latency", "POST *", seconds=SLOWLY, acting=True)
        output = folder / "rows.json"
        environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "ENV_FILE": "",
            "SECRET_KEY": "only-for-tests-" * 5,
            "RECORD_KEY": "only-for-tests-" * 3,
            "API_KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "PLAIN_HTTP": "True",
            "REFONTE_API_URL": sandbox.url,
            "REFONTE_TIMEOUT": "5",
        }
        numbers = map(str, (kills, settling, SEED))
        command = [sys.executable, "-m", "tests.faults.kill_harness", *numbers, str(output)]
        with (folder / "log").open("wb") as log:
            subprocess.run(
                command, env=environment, stdout=log, stderr=log, check=True, timeout=MOST_SECONDS
            )
        told = json.loads(output.read_text())
        return Aftermath(Counter(told["left"]), Counter(told["held"]), told["rows"], sandbox)


def check(aftermath: Aftermath) -> None:
    posts, rows = aftermath.posts, aftermath.rows
    assert aftermath.left.keys() >= {State.SENDING, State.SUCCEEDED}
    assert {*posts.values()} <= {1}, "twice"
    assert posts.keys() <= {(row["verb"], row["name"]) for row in rows}, "without a row"
    for row in rows:
        assert row["state"] not in State.open_states(), f"stuck: {row}"
        if (row["verb"], row["state"]) != (Verb.PRIORITIZE, State.UNCONFIRMED):
            is_done = row["state"] in SETTLED_WELL
            assert is_done == aftermath.acted(row["verb"], row["name"]), f"lost: {row}"


@pytest.mark.slow
@pytest.mark.sqlite
def test_80_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path, request: pytest.FixtureRequest):
    aftermath = kill_many(80, 30, tmp_path, "")
    note_line(
        request, f"80 kills -9: {len(aftermath.rows)} operations, left {dict(aftermath.left)}"
    )
    note_line(request, f"30 kills -9 of who settles, holding {dict(aftermath.held)}")
    check(aftermath)
    # kills fell everywhere: before the POST too, where twenty on a fast database may all miss
    assert State.WAITING in aftermath.left
    assert State.SENDING in aftermath.held


@pytest.mark.slow
@pytest.mark.services
def test_kills_on_postgresql_lose_nothing_either(
    tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest
):
    aftermath = kill_many(20, 10, tmp_path, postgres_url)
    note_line(request, f"30 kills -9 on PostgreSQL: {len(aftermath.rows)} operations")
    check(aftermath)
