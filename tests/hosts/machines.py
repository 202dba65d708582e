"""What an estate is made of: hosts of web processes and a worker, nginx, a Redis of its own.

Each host has an address of the loopback network, a data directory, and groups of processes that
are stopped as systemd stops a unit, or killed together as by a power cut.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from dashboard.run import demo
from dashboard.run.supervisor import Program
from tests.hosts.guide import configuration
from tests.support.requirements import listens

PATIENCE = 60


@dataclass(slots=True)
class Host:
    """`address` is its own; what it runs is in `running`, by the signal that stops it."""

    name: str
    address: tuple[str, int]
    environment: dict[str, str]
    logs: Path
    running: list[tuple[Program, "subprocess.Popen[bytes]"]] = field(default_factory=list)

    def start(self) -> None:
        for program in demo.console_programs(self.logs):
            assert program.log
            with program.log.open("ab") as output:
                child = subprocess.Popen(
                    program.command,
                    env=self.environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            self.running.append((program, child))

    def wait_until_up(self) -> None:
        """As the guide asks it: a host that listens may still be loading."""
        until(lambda: self._answer() == 200, f"{self.name} does not come up")

    def _answer(self) -> int:
        try:
            return requests.get(
                f"http://{':'.join(map(str, self.address))}/readyz", timeout=5
            ).status_code
        except requests.RequestException:
            return 0

    def stop(self) -> None:
        """In order: what is under way ends first."""
        for program, child in self.running:
            os.killpg(child.pid, program.stop_with)
        self._gone()

    def kill(self) -> None:
        for _, child in self.running:
            os.killpg(child.pid, signal.SIGKILL)
        self._gone()

    def _gone(self) -> None:
        for _, child in self.running:
            child.wait(PATIENCE)
        self.running.clear()


def until(condition: Callable[[], bool], words: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, words
        time.sleep(0.1)


class OwnRedis:
    """One that may be killed, stopped and continued."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, demo.free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        own = ("--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", str(self.folder))
        command = ("redis-server", "--port", str(self.port), *own)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: listens(("127.0.0.1", self.port)), "Redis does not start")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        if number is signal.SIGKILL:
            self.process.wait(PATIENCE)


@contextmanager
def nginx(folder: Path, addresses: list[str], certificate: Path) -> Iterator[int]:
    """As the guide says. Gives its port."""
    port, plain_port = demo.free_port(), demo.free_port()
    text = configuration(
        folder, port=port, plain_port=plain_port, addresses=addresses, certificate=certificate
    )
    (folder / "nginx.conf").write_text(text, "utf-8")
    command = ("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"))
    with (folder / "nginx.out").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        until(lambda: listens(("127.0.0.1", port)), "nginx does not start", 20)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)
