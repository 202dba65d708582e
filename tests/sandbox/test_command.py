"""`manage.py sandbox`, run for real and stopped by signals."""

import itertools
import os
import shlex
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox


class Signalling(StringIO):
    """A terminal at which somebody stops the command as soon as it speaks."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self.number = number

    def flush(self) -> None:
        if not self.closed and self.getvalue().endswith("stops it.\n"):
            signal.raise_signal(self.number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_cleanly(number: signal.Signals):
    former = signal.getsignal(number)
    out = Signalling(number)
    call_command("sandbox", "--batches", "5", stdout=out)
    first = out.getvalue().splitlines()[0]
    assert first.startswith("Sandbox on http://127.0.0.1:")
    assert first.endswith("/v1")
    assert signal.getsignal(number) is former


def test_what_it_prints_can_be_pasted():
    """The keys, a first question, a fault and its end, each as it stands."""
    process, url = started(["--still", "--batches", "3"])
    assert process.stdout is not None
    lines = list(itertools.takewhile(lambda line: "stops it" not in line, process.stdout))
    ask, break_it, mend = [line.strip() for line in lines if line.strip().startswith("curl")]
    try:
        answers = [as_curl_would(command) for command in (ask, break_it, ask, mend, ask)]
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert [answer.status_code for answer in answers[::2]] == [200, 503, 200]
    assert len(answers[0].json()["docs"]) == 2
    assert url.endswith("/v1")
    assert all(f"{key}\n" in "".join(lines) for key in (LIVE_KEY, TEST_KEY))


def as_curl_would(command: str) -> requests.Response:
    *options, url = shlex.split(command)[1:]
    given = dict(zip(options[::2], options[1::2], strict=True))
    auth = (given["-u"].removesuffix(":"), "") if "-u" in given else None
    method = given.get("-X", "POST" if "-d" in given else "GET")
    return requests.request(method, url, data=given.get("-d"), auth=auth, timeout=60)


def test_the_two_keys_end_differently():
    assert LIVE_KEY[-4:] != TEST_KEY[-4:]


def test_a_taken_port_is_said_in_words():
    with Sandbox(batches=0) as sandbox:
        port = sandbox.url.rsplit(":", 1)[1].removesuffix("/v1")
        with pytest.raises(CommandError, match="in use"):
            call_command("sandbox", "--port", port)


def test_a_state_of_another_size_is_said_in_words(tmp_path: Path):
    Sandbox(batches=5, state=tmp_path / "state").close()
    with pytest.raises(CommandError, match="remove it"):
        call_command("sandbox", "--batches", "6", "--state", str(tmp_path / "state"))


def test_a_state_that_cannot_be_opened_is_said_in_words(tmp_path: Path):
    with pytest.raises(CommandError, match="unable to open"):
        call_command("sandbox", "--state", str(tmp_path / "nowhere" / "state"))


def test_what_is_created_survives_a_kill(tmp_path: Path):
    arguments = ["--still", "--batches", "5", "--state", str(tmp_path / "state")]
    for expected in (200, 409):
        process, url = started(arguments)
        body = {"name": "kittens", "project": "kitten_labeling"}
        answer = requests.post(f"{url}/batches", json=body, auth=(LIVE_KEY, ""), timeout=60)
        process.kill()
        process.communicate(timeout=60)
        assert answer.status_code == expected


def test_it_needs_no_setting():
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "manage.py", "sandbox", "--help"]
    told = subprocess.run(
        command, env=environment | {"ENV_FILE": ""}, capture_output=True, text=True, check=True
    )
    assert "--batches" in told.stdout


def started(arguments: list[str]) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "manage.py", "sandbox", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().removeprefix("Sandbox on ").strip()
