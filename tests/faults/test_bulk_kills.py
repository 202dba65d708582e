"""Workers killed with -9 between two rows of a bulk and within one: no row is sent twice."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from batches.sandbox import Sandbox
from tests.faults.table import note_line

KEY = "live_key_of_the_bulk"
REFUSED = ("kitten-0005", "kitten-0050", "kitten-0099")
THROTTLED, LOST = "kitten-0070", "kitten-0090"
MOST_SECONDS = 400  # a bound for a busy machine


def prioritize(name: str) -> str:
    return f"POST /v1/batches/{name}/prioritize"


def kill_some(
    scene: str, folder: Path, sandbox: Sandbox, *, rows: int, database_url: str = ""
) -> dict[str, Any]:
    sandbox.add_key(KEY, "live")
    for number in range(rows):
        sandbox.add_batch(f"kitten-{number:04}", counts={"pending": 9, "completed": 0})
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
        "BACKGROUND_CALLS_A_MINUTE": "6000",
    }
    command = [sys.executable, "-m", "tests.faults.bulk_harness", scene, str(rows), str(output)]
    with (folder / "log").open("wb") as log:
        subprocess.run(
            command, env=environment, stdout=log, stderr=log, check=True, timeout=MOST_SECONDS
        )
    told: dict[str, Any] = json.loads(output.read_text())
    return told


def posts(sandbox: Sandbox) -> Counter[str]:
    return Counter(call.path.split("/")[2] for call in sandbox.calls if call.method == "POST")


def with_faults(sandbox: Sandbox) -> None:
    for name in REFUSED:
        sandbox.fault("status", prioritize(name), code=400, body={"error": "Not this one"})
    wait = {"Retry-After": "2"}
    sandbox.fault("status", prioritize(THROTTLED), times=1, code=429, headers=wait)
    sandbox.fault("close_after_acting", prioritize(LOST), times=1)


def check(told: dict[str, Any], sandbox: Sandbox, *, rows: int) -> None:
    numbers = {name: number for name, number in told["counts"].items() if number}
    assert numbers == {"done": rows - 4, "unknown": 1, "failed": 3}
    assert (told["state"], told["waits"], told["unconfirmed"]) == ("finished", 1, [LOST])
    assert sorted(told["retry"]) == sorted(REFUSED)
    sent = posts(sandbox)
    assert sent.pop(THROTTLED) == 2
    assert (len(sent), {*sent.values()}) == (rows - 1, {1})
    # no other call: a priority costs one
    assert len(sandbox.calls) == rows + 1


@pytest.mark.slow
@pytest.mark.sqlite
def test_500_rows_end_well_with_three_kills_and_two_workers_side_by_side(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Sandbox(batches=0) as sandbox:
        with_faults(sandbox)
        told = kill_some("between", tmp_path, sandbox, rows=500)
        check(told, sandbox, rows=500)
    note_line(request, f"a bulk of 500, 3 kills -9 between two rows: {told['counts']}")


@pytest.mark.slow
@pytest.mark.services
def test_150_rows_end_well_on_postgresql_too(tmp_path: Path, postgres_url: str) -> None:
    with Sandbox(batches=0) as sandbox:
        with_faults(sandbox)
        told = kill_some("between", tmp_path, sandbox, rows=150, database_url=postgres_url)
        check(told, sandbox, rows=150)


@pytest.mark.sqlite
@pytest.mark.parametrize(("scene", "times"), [("before", 0), ("after", 1)])
def test_a_row_whose_sender_was_killed_is_unconfirmed_and_never_sent_again(
    scene: str, times: int, tmp_path: Path
) -> None:
    with Sandbox(batches=0) as sandbox:
        told = kill_some(scene, tmp_path, sandbox, rows=10)
        numbers = {name: rows for name, rows in told["counts"].items() if rows}
        assert numbers == {"done": 9, "unknown": 1}
        [unsure] = told["unconfirmed"]
        sent = posts(sandbox)
        assert sent.pop(unsure, 0) == times
        assert (len(sent), {*sent.values()}) == (9, {1})
