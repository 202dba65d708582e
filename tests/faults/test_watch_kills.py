"""Watchers killed with -9: another one goes on within a minute, nothing is read twice at once."""

import json
import os
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from batches.sandbox import Sandbox
from tests.faults.table import note_line

SEED = 20261126
KEY, BATCHES = "live_key_of_the_watcher", 210
CALLS = 4  # of a sweep: three pages of those in progress, one of those in staging
SLOWLY = 0.03  # seconds before the vendor acts, so that kills fall within calls
MOST_SECONDS = 300  # a bound for a busy machine


def kill_many(folder: Path, database_url: str, *, kills: int) -> dict[str, Any]:
    with Sandbox(batches=0) as sandbox:
        sandbox.add_key(KEY, "live")
        for number in range(BATCHES):
            sandbox.add_batch(f"kitten-{number:03}", status="in_progress", counts={"pending": 9})
        sandbox.fault("latency", "GET /v1/*", seconds=SLOWLY)
        output = folder / "left.json"
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
            "REFONTE_TIMEOUT": "20",
        }
        command = [sys.executable, "-m", "tests.faults.watch_harness"]
        command += [str(kills), str(SEED), str(output)]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as harness,
        ):
            answer_all(harness, sandbox)
        assert harness.returncode == 0, (folder / "log").read_text()[-2000:]
        told: dict[str, Any] = json.loads(output.read_text())
        return told


def answer_all(harness: "subprocess.Popen[str]", sandbox: Sandbox) -> None:
    assert harness.stdin
    assert harness.stdout
    last_resort = threading.Timer(MOST_SECONDS, harness.kill)
    last_resort.start()
    for line in harness.stdout:
        if line.strip().isdecimal():
            done = int(line)
            for number in range(BATCHES):
                sandbox.set_counts(f"kitten-{number:03}", pending=1000 - done, completed=done)
        harness.stdin.write(f"{len(sandbox.calls)}\n")
        harness.stdin.flush()
    last_resort.cancel()


def check(told: dict[str, Any], request: pytest.FixtureRequest) -> None:
    rounds = told["rounds"]
    killed_in_call = [one for one in rounds if one["is_held"]]
    note_line(
        request,
        f"{len(rounds)} kills -9 of the watcher, {len(killed_in_call)} of them with its lease: "
        f"{sum(one['taken'] for one in rounds)} calls by those who took over",
    )
    assert len(killed_in_call) > len(rounds) // 2, "kills fall between the calls"
    for one in rounds:
        if one["is_held"]:
            assert one["held"] == 0, "two read one key at once"
        assert one["held"] + one["taken"] >= 1, "nobody took over"
        assert one["held"] + one["taken"] <= 2 * CALLS, (
            "more than the rest of one sweep and another"
        )
        assert one["at_vendor"] == one["held"] + one["taken"], "somebody else has called"
    assert not told["gaps"]
    assert len(told["series"]) == BATCHES
    for samples in told["series"].values():
        # in each of the rounds the counts were others: none is missing
        assert {completed for _, completed in samples} >= {*range(1, len(rounds) + 1)}
        assert all(b - a <= 215 for (a, _), (b, _) in pairwise(samples))
    assert max(told["background"]) <= 60


@pytest.mark.slow
@pytest.mark.sqlite
def test_20_kills_lose_no_sample_and_read_nothing_twice(
    tmp_path: Path, request: pytest.FixtureRequest
):
    check(kill_many(tmp_path, "", kills=20), request)


@pytest.mark.slow
@pytest.mark.services
def test_five_kills_on_postgresql_lose_none_either(
    tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest
):
    check(kill_many(tmp_path, postgres_url, kills=5), request)
