"""The worker itself: what it holds after 10,000 requests, and how soon it answers at first."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from dashboard.run import demo
from tests.bench.sites import Site, gunicorn
from tests.bench.table import Figure, at_most
from tests.bench.wire import Ask, Wire

WIRES = 4
REQUESTS = 10_000
MOST_MEGABYTES = 120.0
FLAT = 5.0  # megabytes between the 2,000th and the 10,000th request
STARTS = 3


def memory(worker: int, asks: list[Ask]) -> Iterator[Figure]:
    """`asks` in turn; whatever the worker answered before comes on top."""
    drive(asks, 2_000)
    early = megabytes(worker)
    drive(asks, REQUESTS - 2_000)
    late = megabytes(worker)
    yield at_most("memory of a worker after 10,000 requests", late, MOST_MEGABYTES, "MB")
    yield at_most("what the last 8,000 of them added", late - early, FLAT, "MB")


def drive(asks: list[Ask], times: int) -> None:
    def share() -> None:
        with Wire(asks[0].port) as wire:
            for number in range(times // WIRES):
                wire.send(asks[number % len(asks)])

    with ThreadPoolExecutor(WIRES) as pool:
        for done in [pool.submit(share) for _ in range(WIRES)]:
            done.result()


def megabytes(process: int) -> float:
    """Resident, as `ps` shows it."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(process: int) -> float:
    """User and system time so far: hardly changed by what else this machine does."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_answer(product: Site, folder: Path) -> Figure:
    environment = product.environment | {"PORT": str(demo.free_port())}
    took = []
    for _ in range(STARTS):
        with gunicorn(folder, "dashboard.wsgi", environment, "/accounts/login/") as seconds:
            took.append(seconds)
    return Figure("from start to the first answer", f"{median(took):.1f} s")
