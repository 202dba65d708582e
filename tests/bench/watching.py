"""The worker's share of a processor while it watches batches that all change every minute."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from batches.sandbox import Sandbox
from dashboard.run import demo
from tests.bench.flat import copy_static, postgres, set_up
from tests.bench.process import cpu_seconds, megabytes
from tests.bench.table import Figure
from tests.support.stack import started

FIRST, MEASURED = 45, 60  # seconds: the first walk and sweep, then those that count
LARGE = 10**6  # tasks of a batch: none ends meanwhile


def measure(folder: Path, database: str, batches: int) -> Iterator[Figure]:
    home = folder / "watching" / ".demo"
    home.mkdir(parents=True)
    copy_static(folder.parent, home)
    with ExitStack() as running:
        url = running.enter_context(postgres()) if database == "PostgreSQL" else ""
        # of the usual ones too: the demo makes operations for them
        sandbox = running.enter_context(Sandbox(batches=60, seed=1))
        names = [f"watched_{number:05}" for number in range(batches)]
        for name in names:
            sandbox.add_batch(name, counts={"pending": LARGE, "completed": 0})
        environment = set_up(home, sandbox, url)
        running.enter_context(working(sandbox, names))
        worker = running.enter_context(running_worker(home, environment))
        time.sleep(FIRST)
        before, calls = cpu_seconds(worker), len(sandbox.calls)
        time.sleep(MEASURED)
        share = (cpu_seconds(worker) - before) / MEASURED
        calls = len(sandbox.calls) - calls
        held = megabytes(worker)
    words = f"{share:.1%} of a core, {calls} calls a minute, {held:.0f} MB"
    yield Figure(f"{database}: worker watching {batches:,} batches", words)


@contextmanager
def working(sandbox: Sandbox, names: list[str]) -> Iterator[None]:
    """Each batch has other counts in each minute."""
    ended = threading.Event()

    def work() -> None:
        done = 0
        while not ended.wait(MEASURED / 2):
            done += 1
            for name in names:
                sandbox.set_counts(name, pending=LARGE - done, completed=done)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def running_worker(home: Path, environment: dict[str, str]) -> Iterator[int]:
    [program] = [one for one in demo.console_programs(home) if one.name == "worker"]
    child = started(program, environment)
    try:
        yield child.pid
    finally:
        child.send_signal(program.stop_with)
        child.wait(60)
