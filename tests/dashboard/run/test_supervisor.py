"""All start, all stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.run.supervisor import STOP_SIGNALS, Program, Supervisor

SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPS


@pytest.fixture(autouse=True)
def _signals_as_before():
    former = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, action in former.items():
        signal.signal(number, action)


def program(code: str, log: Path | None = None) -> Program:
    return Program(name="child", command=(sys.executable, "-c", code), log=log)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_up(log: Path) -> bool:
    return log.is_file() and log.read_text() == "up\n"


def test_leaving_stops_every_child(tmp_path: Path):
    logs = [tmp_path / "a", tmp_path / "b"]
    with Supervisor(os.environ) as supervisor:
        for log in logs:
            supervisor.start(program(SLEEPS, log))
        children = [child for _, child in supervisor.running]
        wait_for(lambda: all(is_up(log) for log in logs))
        assert supervisor.ended() is None
    assert [child.returncode for child in children] == [-signal.SIGTERM] * 2


def test_a_child_that_does_not_listen_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.run.supervisor.PATIENCE_SECONDS", 0.1)
    with Supervisor(os.environ) as supervisor:
        supervisor.start(program(STUBBORN, tmp_path / "log"))
        child = supervisor.running[0][1]
        wait_for(lambda: is_up(tmp_path / "log"))
    assert child.returncode == -signal.SIGKILL


def test_one_child_that_ends_ends_the_wait(tmp_path: Path):
    with Supervisor(os.environ) as supervisor:
        supervisor.start(program(SLEEPS, tmp_path / "log"))
        supervisor.start(Program(name="short", command=(sys.executable, "-c", "")))
        assert supervisor.wait().name == "short"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_stops_the_children_too(tmp_path: Path, number: signal.Signals):
    log = tmp_path / "log"
    code = f"""
import os
from pathlib import Path
from dashboard.run.supervisor import Program, Supervisor
command = {(sys.executable, "-c", SLEEPS)!r}
with Supervisor(os.environ) as supervisor:
    supervisor.start(Program(name="x", command=command, log=Path({str(log)!r})))
    print(supervisor.running[0][1].pid, flush=True)
    supervisor.wait()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent.stdout:
        child = int(parent.stdout.readline())
        wait_for(lambda: is_up(log))
        parent.send_signal(number)
        assert parent.wait(60) == 0
    assert not Path(f"/proc/{child}").exists()
