"""Two hosts of two web processes and a worker each, PostgreSQL, Redis and nginx as the guide says.

Fifty people watch, two create batches, while hosts, Redis and PostgreSQL are restarted and killed.
"""

import json
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.hosts.estate import (
    ONLY_ON_THE_FIRST,
    OPERATORS,
    PROCESSES,
    PROJECT,
    VIEWERS,
    Estate,
    running_estate,
)
from tests.hosts.machines import until
from tests.hosts.people import Operator, Viewer, at_work, key_of

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx"),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server"),
]

CALLS_A_PROCESS = 8
KILLED, CUT = "a host is killed", "connections are cut"
# What that host was answering; and a form in the moment in which what it asked was being recorded,
# which nothing is sent of: it is drawn again with all that was typed.
FAIR = {
    (KILLED, "poll of a list"),
    (KILLED, "poll of a batch"),
    (KILLED, "create"),
    (CUT, "create"),
}


@pytest.fixture
def estate(tmp_path: Path, postgres_url: str) -> Iterator[Estate]:
    with running_estate(tmp_path, postgres_url) as estate:
        yield estate


def test_two_hosts_go_on_through_restarts_and_the_loss_of_a_host_redis_and_connections(
    estate: Estate,
):
    tally = estate.tally
    viewers = viewers_of(estate)
    key = key_of(estate.browser("maker-0"))
    operators = [
        Operator(estate.browser(f"maker-{n}"), f"maker-{n}", key, PROJECT) for n in range(OPERATORS)
    ]
    calls = {"Redis there": calls_of_one_round(estate, viewers)}
    static_of_another_version(estate)
    with at_work(viewers, operators), connections_counted(estate) as most:
        for phase, play in PLAYS.items():
            tally.phase = phase
            play(estate)
            time.sleep(1)  # for answers that are under way
        tally.phase = "afterwards"
        time.sleep(3)
    estate.redis.send(signal.SIGKILL)
    calls["Redis dead"] = calls_of_one_round(estate, viewers)
    estate.redis.start()
    report(estate, calls, most)
    assert {at: n for at, n in tally.failures().items() if at[:2] not in FAIR} == {}
    assert max(calls.values()) <= CALLS_A_PROCESS * PROCESSES
    once_each(estate, operators)
    assert deadlocks(estate) == 0


def viewers_of(estate: Estate) -> list[Viewer]:
    """Two in three look at the list, the others at one batch."""
    newest = next(iter(estate.sandbox.world().batches))
    paths = ["/batches/", "/batches/", f"/batches/{newest}/"]
    return [
        Viewer(estate.browser(f"viewer-{number:02}"), paths[number % 3])
        for number in range(VIEWERS)
    ]


# What happens, in this order


def calls_of_one_round(estate: Estate, viewers: list[Viewer]) -> int:
    """Calls to the vendor, where all fifty poll at one moment what nobody has read for a while."""
    time.sleep(6)
    before = len(estate.sandbox.calls)
    with ThreadPoolExecutor(len(viewers)) as pool:
        statuses = Counter(pool.map(Viewer.poll, viewers))
    assert not statuses.keys() - {200, 204}
    return len(estate.sandbox.calls) - before


def static_of_another_version(estate: Estate) -> None:
    """A page of one host may ask the other for what only the first has."""
    browser = estate.browser("maker-0")
    found = {browser.get(ONLY_ON_THE_FIRST, "static")[0] for _ in range(10)}
    assert found == {200}
    assert browser.get("/static/css/of-no-host.css", "static")[0] == 404


def rolling_restart(estate: Estate) -> None:
    for host in estate.hosts:
        host.stop()
        host.start()
        host.wait_until_up()
        time.sleep(1)


def host_killed(estate: Estate) -> None:
    estate.hosts[0].kill()
    time.sleep(6)


def host_back(estate: Estate) -> None:
    estate.hosts[0].start()
    estate.hosts[0].wait_until_up()
    time.sleep(1)


def redis_dead(estate: Estate) -> None:
    estate.redis.send(signal.SIGKILL)
    time.sleep(8)


def redis_back(estate: Estate) -> None:
    estate.redis.start()
    time.sleep(4)


def redis_hung(estate: Estate) -> None:
    estate.redis.send(signal.SIGSTOP)
    time.sleep(8)
    estate.redis.send(signal.SIGCONT)
    time.sleep(3)


def connections_cut(estate: Estate) -> None:
    """As by a restart of PostgreSQL, but for the refusals in between."""
    for _ in range(4):
        estate.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        time.sleep(2)


PLAYS: dict[str, Callable[[Estate], None]] = {
    "all is well": lambda _: time.sleep(4),
    "rolling restart": rolling_restart,
    KILLED: host_killed,
    "the host is back": host_back,
    "Redis is dead": redis_dead,
    "Redis is back": redis_back,
    "Redis hangs, and goes on": redis_hung,
    CUT: connections_cut,
}

# What is counted


@contextmanager
def connections_counted(estate: Estate) -> Iterator[list[int]]:
    """The most connections that PostgreSQL had of the console at one time."""
    over, most = threading.Event(), [0]

    def count() -> None:
        with psycopg.connect(estate.database, autocommit=True) as connection:
            while not over.wait(0.5):
                most[0] = max(most[0], count_of(connection))

    def again_and_again() -> None:
        while not over.is_set():
            try:
                count()
            except psycopg.OperationalError:
                continue

    thread = threading.Thread(target=again_and_again)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def count_of(connection: "psycopg.Connection[tuple[int]]") -> int:
    row = connection.execute(
        "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()"
    ).fetchone()
    return row[0] if row else 0


def once_each(estate: Estate, operators: list[Operator]) -> None:
    """Every batch that somebody asked for is there, and was asked for once; none is left open."""
    settled = "SELECT count(*) FROM batches_operation WHERE settled_at IS NULL"
    until(lambda: estate.ask(settled)[0][0] == 0, "operations stay open", 120)
    states = dict(estate.ask("SELECT batch_name, state FROM batches_operation"))
    creates = estate.sandbox.calls_to("POST", "/batches")
    sent = Counter(json.loads(call.body)["name"] for call in creates)
    wanted = {name for operator in operators for name in operator.sent}
    sys.stdout.write(f"{len(wanted)} creates: {Counter(states.values())}\n")
    assert set(states) == wanted
    assert {name: n for name, n in sent.items() if n > 1} == {}
    there = {name for name, state in states.items() if state in {"succeeded", "unconfirmed"}}
    assert there == wanted & set(estate.sandbox.world().batches)


def deadlocks(estate: Estate) -> int:
    found: int = estate.ask(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )[0][0]
    return found


def report(estate: Estate, calls: dict[str, int], most: list[int]) -> None:
    """For who runs it with `-s`."""
    lines = [f"vendor calls of one round of {VIEWERS}: {calls}", f"connections: {most[0]}"]
    for phase, slowest in estate.tally.slowest.items():
        counts = {at[1:]: n for at, n in estate.tally.counts.items() if at[0] == phase}
        lines.append(f"{phase}: {sum(counts.values())} answers, slowest {slowest:.2f} s, {counts}")
    sys.stdout.write("\n".join(lines) + "\n")
