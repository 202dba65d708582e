"""People's pages beside the watcher: how long they take while it reads, and while it does not.

`python -m tests.bench.beside` prints these figures alone; they take five minutes a database.
"""

import multiprocessing
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg

from batches.sandbox import Sandbox
from tests.bench.flat import copy_static, postgres, set_up
from tests.bench.sites import Site, gunicorn, key_of
from tests.bench.table import HEADS, Figure, milliseconds, percentile
from tests.bench.watching import LARGE, running_worker, working
from tests.bench.wire import Ask, Wire
from tests.support.requirements import POSTGRES, listens

# With and without it take turns, so that other work of the machine hits both. A minute, as sweeps
# begin a minute apart: in less than that they would have a greater share of the time than usual.
ROUNDS, SECONDS = 2, 60
FIRST = 30  # seconds: the first walk and sweep
PAUSE = 0.02  # between two requests
SETTLE = 3  # seconds: a worker that has begun a call ends it, another one finds what is due
MOST = 1.10
Times = dict[str, list[float]]


def measure(folder: Path, database: str, batches: int) -> Iterator[Figure]:
    home = folder / "beside" / ".demo"
    home.mkdir(parents=True)
    copy_static(folder.parent, home)
    with ExitStack() as running:
        url = running.enter_context(postgres()) if database == "PostgreSQL" else ""
        sandbox = running.enter_context(Sandbox(batches=60, seed=1))
        names = [f"watched_{number:05}" for number in range(batches)]
        for name in names:
            sandbox.add_batch(name, counts={"pending": LARGE, "completed": 0})
        environment = set_up(home, sandbox, url)
        running.enter_context(working(sandbox, names))
        running.enter_context(gunicorn(home, "dashboard.wsgi", environment, "/accounts/login/"))
        running.enter_context(running_worker(home, environment))
        address, log = f"http://127.0.0.1:{environment['PORT']}", home / "dashboard.wsgi.log"
        site = Site.signed_in(address, "/accounts/login/", "olga", environment, log)
        time.sleep(FIRST)
        yield from compared(site, sandbox, names[-1], f"{database}, {batches:,} watched")


def compared(site: Site, sandbox: Sandbox, name: str, title: str) -> Iterator[Figure]:
    key = key_of(site)
    listed, batch = f"/batches/?{key}", f"/batches/{name}/?{key}"
    asks = {
        "poll of a list": site.list_poll(listed),
        "poll of a batch": site.detail_poll(batch),
        "list": site.ask(listed),
        "page of a batch": site.ask(batch),
    }
    times: dict[bool, Times] = {True: defaultdict(list), False: defaultdict(list)}
    calls = {True: 0, False: 0}
    # a process of its own: what the vendor in this one computes would delay its clock
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as visitor:
        for _ in range(ROUNDS):
            for is_watched in (False, True):
                switch(site.environment, is_watched)
                time.sleep(0 if is_watched else SETTLE)
                before = len(sandbox.calls)
                for kind, found in visitor.submit(visit, asks, SECONDS).result().items():
                    times[is_watched][kind] += found
                calls[is_watched] += len(sandbox.calls) - before
    for kind in asks:
        yield beside(f"{title}: {kind}, p95", times[False][kind], times[True][kind])
    words = f"{calls[False]} → {calls[True]} in {ROUNDS * SECONDS} s"
    yield Figure(f"{title}: calls to Refonte without → with", words)


def visit(asks: dict[str, Ask], seconds: float) -> Times:
    """Ask for each in turn. Seconds of each answer, by kind."""
    times: Times = {kind: [] for kind in asks}
    until = time.monotonic() + seconds
    [port] = {ask.port for ask in asks.values()}
    with Wire(port) as wire:
        while time.monotonic() < until:
            for kind, ask in asks.items():
                answer = wire.send(ask)
                if answer.status not in (200, 204):
                    raise AssertionError(f"{kind}: {answer}")
                times[kind].append(answer.seconds)
                time.sleep(PAUSE)
    return times


def beside(name: str, without: list[float], within: list[float]) -> Figure:
    before, after = (milliseconds(percentile(of, 95)) for of in (without, within))
    ratio = after / before
    value = f"{ratio:.2f} ({before:.1f} → {after:.1f} ms, of {len(within)})"
    return Figure(name, value, f"at most {MOST:.2f}", ratio <= MOST)


def switch(environment: dict[str, str], is_watched: bool) -> None:
    """*Watch in the background* of all keys. The worker goes on with all else."""
    value = "TRUE" if is_watched else "FALSE"
    statement = f"UPDATE batches_apikey SET keep_watch = {value}"
    if url := environment["DATABASE_URL"]:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(statement)
        return
    path = Path(environment["DATA_DIR"]) / "console.sqlite3"
    with closing(sqlite3.connect(path, timeout=60)) as file, file:
        file.execute(statement)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{HEADS}\n")
        for database, batches in (("SQLite", 400), ("PostgreSQL", 2_000)):
            if database == "PostgreSQL" and not listens(POSTGRES):
                continue
            for figure in measure(Path(folder) / database, database, batches):
                sys.stdout.write(f"{figure.line()}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
