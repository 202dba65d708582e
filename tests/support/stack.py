"""The product as it ships: gunicorn, hashed static files and the worker, with a sandbox as vendor.

All files are in one directory.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from batches.sandbox import Sandbox
from dashboard.run import demo
from dashboard.run.secrets_file import new_secrets
from dashboard.run.supervisor import Program
from tests.support.static_files import give_static_files

PASSWORD = "one-word-for-all-of-them"
UP_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Stack:
    """Accounts are those of the demo: olga operates, vera views, admin is admin."""

    url: str
    sandbox: Sandbox
    home: Path
    environment: dict[str, str]


@contextmanager
def running_stack(
    folder: Path, *, batches: int = 60, seed: int = 1, static_root: Path | None = None
) -> Iterator[Stack]:
    """`static_root`: where static files were collected already."""
    home, port = folder / ".demo", demo.free_port()
    home.mkdir()
    if static_root:
        give_static_files(static_root, home)
    with Sandbox(batches=batches, seed=seed) as sandbox:
        vendor_port = int(sandbox.url.split(":")[2].split("/")[0])
        environment = demo.environment_for(home, new_secrets(), port, vendor_port)
        demo.set_up(home, environment, dict.fromkeys(demo.ACCOUNTS, PASSWORD))
        with programs_running(home, environment):
            wait_until_up(home, port)
            yield Stack(f"http://127.0.0.1:{port}", sandbox, home, environment)


@contextmanager
def programs_running(home: Path, environment: dict[str, str]) -> Iterator[None]:
    """Without the supervisor of the demo: a test run keeps its own signals."""
    children = [started(program, environment) for program in demo.console_programs(home)]
    try:
        yield
    finally:
        for program, child in zip(demo.console_programs(home), children, strict=True):
            child.send_signal(program.stop_with)
        for child in children:
            child.wait(60)


def started(program: Program, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    assert program.log
    with program.log.open("ab") as output:
        return subprocess.Popen(program.command, env=environment, stdout=output, stderr=output)


def wait_until_up(home: Path, port: int) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while not demo.is_ready(port):
        assert time.monotonic() < deadline, (home / "dashboard.log").read_text()
        time.sleep(0.1)
