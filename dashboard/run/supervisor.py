"""Runs several programs under one command: they start together and stop together."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

PATIENCE_SECONDS = 15.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """log: for its output; without one it goes to the terminal."""

    name: str
    command: tuple[str, ...]
    stop_with: signal.Signals = signal.SIGTERM
    log: Path | None = None


class Supervisor:
    """A context manager: every child is stopped on leaving it, in whatever way."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self.running: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> "Supervisor":
        for number in STOP_SIGNALS:
            signal.signal(number, exit_on_signal)
        return self

    def __exit__(self, *ignored: object) -> None:
        # a second Ctrl-C would leave children running
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self.stop()

    def start(self, program: Program) -> None:
        output = program.log.open("ab") if program.log else None
        child = subprocess.Popen(  # noqa: S603 - our own command  # nosec B603
            program.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # so that Ctrl-C reaches only this process, which sends each child its own signal
            start_new_session=True,
        )
        if output:
            output.close()
        self.running.append((program, child))

    def ended(self) -> Program | None:
        """The first program that no longer runs."""
        return next((program for program, child in self.running if child.poll() is not None), None)

    def wait(self) -> Program:
        """Returns the first program that ends, which none should."""
        while not (ended := self.ended()):
            time.sleep(0.2)
        return ended

    def stop(self) -> None:
        for program, child in reversed(self.running):
            if child.poll() is None:
                child.send_signal(program.stop_with)
        deadline = time.monotonic() + PATIENCE_SECONDS
        for _, child in self.running:
            end(child, deadline - time.monotonic())
        self.running.clear()


def end(child: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        child.wait(max(seconds, 0.1))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def exit_on_signal(number: int, frame: FrameType | None) -> None:
    sys.exit(0)  # an exception, so that `__exit__` stops the children
