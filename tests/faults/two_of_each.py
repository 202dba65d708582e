"""Two web processes and two workers on one key, over PostgreSQL and Redis, with tabs that poll.

Workers have an address of the vendor of their own, so that their calls are counted apart.
"""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from batches.sandbox import Sandbox
from batches.sandbox.raw_answers import Parts
from batches.sandbox.server import Incoming, Server
from dashboard.run import demo
from dashboard.run.secrets_file import new_secrets
from dashboard.run.supervisor import Program
from tests.bench.sites import Site
from tests.bench.wire import Ask, Wire
from tests.support.stack import started, wait_until_up
from tests.support.static_files import give_static_files

PEOPLE = ("alice", "bob", "vera", "dora", "emil")
WORKERS = 2
EVERY = 0.5  # seconds between two polls of a tab
TOKEN = "a" * 32  # a CSRF token is what cookie and form agree upon


@dataclass(slots=True)
class Pair:
    """`for_workers` are the calls that came to the workers' address."""

    url: str
    sandbox: Sandbox
    database: str
    cookies: dict[str, dict[str, str]]
    environment: dict[str, str]
    workers: ExitStack
    for_workers: list[str] = field(default_factory=list)

    def stop_workers(self) -> None:
        """As systemd does: calls under way end first."""
        self.workers.close()

    def site_of(self, person: str) -> Site:
        cookies = {**self.cookies[person], "csrftoken": TOKEN}
        return Site(self.url, cookies, self.environment, Path())

    def ask(self, query: str, *values: Any) -> Any:
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()


@contextmanager
def running_pair(
    folder: Path, *, database: str, redis_url: str, static_root: Path, budget: int, sandbox: Sandbox
) -> Iterator[Pair]:
    home, port = folder / ".demo", demo.free_port()
    home.mkdir()
    give_static_files(static_root, home)
    calls: list[str] = []
    with ExitStack() as stack:
        workers_port = stack.enter_context(second_address(sandbox, calls))
        vendor_port = int(sandbox.url.split(":")[2].split("/")[0])
        own = {
            "DATABASE_URL": database,
            "REDIS_URL": redis_url,
            "WEB_CONCURRENCY": "2",
            "BACKGROUND_CALLS_A_MINUTE": str(budget),
            "REFONTE_TIMEOUT": "60",  # no answer is late because the machine is busy
        }
        environment = demo.environment_for(home, new_secrets(), port, vendor_port) | own
        worker_environment = environment | {
            "REFONTE_API_URL": f"http://127.0.0.1:{workers_port}/v1"
        }
        subprocess.run(demo.manage("migrate", "-v0"), env=environment, check=True)
        url, cookies = f"http://127.0.0.1:{port}", accounts(environment)
        workers = stack.enter_context(ExitStack())
        pair = Pair(url, sandbox, database, cookies, environment, workers, calls)
        pair.ask("UPDATE batches_apikey SET keep_watch = true RETURNING 1")
        web, worker = demo.console_programs(home)
        stack.enter_context(running(web, environment))
        for _ in range(WORKERS):
            workers.enter_context(running(worker, worker_environment))
        wait_until_up(home, port)
        yield pair


@contextmanager
def second_address(sandbox: Sandbox, calls: list[str]) -> Iterator[int]:
    """Of the same vendor. Notes method and path of each call there, and gives its port."""

    def respond(incoming: Incoming) -> Parts:
        calls.append(f"{incoming.method} {incoming.path}")
        return sandbox.respond(incoming)

    server = Server(("127.0.0.1", 0), respond)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def accounts(environment: dict[str, str]) -> dict[str, dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hosts.accounts", *PEOPLE],
        env=environment,
        cwd=demo.ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


@contextmanager
def running(program: Program, environment: dict[str, str]) -> Iterator[None]:
    child = started(program, environment)
    try:
        yield
    finally:
        os.kill(child.pid, program.stop_with)
        child.wait(60)


@contextmanager
def polling(tabs: list[Ask]) -> Iterator[Counter[int]]:
    """Each tab polls in a thread of its own until the end of the `with`. Counts its answers."""
    over, statuses, lock = threading.Event(), Counter[int](), threading.Lock()

    def poll(tab: Ask) -> None:
        with Wire(tab.port) as wire:
            while not over.wait(EVERY):
                status = wire.send(tab).status
                with lock:
                    statuses[status] += 1

    threads = [threading.Thread(target=poll, args=(tab,)) for tab in tabs]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()
