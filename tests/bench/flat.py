"""What pages cost in a small and in a large database, on SQLite and, where it answers, PostgreSQL.

`python -m tests.bench.flat` prints these figures alone.
"""

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from batches.sandbox import Sandbox
from dashboard.run import demo
from dashboard.run.secrets_file import new_secrets
from tests.bench.sites import still_batches
from tests.bench.table import HEADS, Figure
from tests.support.requirements import POSTGRES, listens
from tests.support.stack import PASSWORD

SIZES = ((1_000, 100), (50_000, 200_000))  # batches, operations
ROUNDS = 3
MOST = 1.3
FLAT_BELOW = 2.0  # milliseconds that a page may grow by, whatever its ratio: they are noise
SERVER = f"postgresql://postgres@{POSTGRES[0]}:{POSTGRES[1]}"
Round = dict[str, tuple[float, float]]


def measure(folder: Path) -> Iterator[Figure]:
    yield from measured(folder / "sqlite", "SQLite")
    if listens(POSTGRES):
        yield from measured(folder / "postgresql", "PostgreSQL")
    else:
        yield Figure("pages on PostgreSQL", f"none on {POSTGRES[0]}")


def measured(folder: Path, name: str) -> Iterator[Figure]:
    """The sizes take turns, and the least of the rounds counts: a busy machine only adds."""
    with ExitStack() as running:
        # one for each database: each demo finalizes some of the few that are in staging
        sandbox = running.enter_context(Sandbox(batches=200, seed=1))
        still_batches(sandbox)
        sites = []
        for batches, operations in SIZES:
            url = running.enter_context(postgres()) if name == "PostgreSQL" else ""
            home = folder / f"{batches}" / ".demo"
            home.mkdir(parents=True)
            copy_static(folder.parent, home)
            environment = set_up(home, sandbox, url)
            site = asked(environment, "tests.bench.pages", batches, operations)
            sites.append(running.enter_context(site))
        rounds = [[round_of(site) for site in sites] for _ in range(ROUNDS)]
    small, large = ([one[place] for one in rounds] for place in range(2))
    # CPU where the database is within the process, wall clock where it is another one
    column = 0 if name == "SQLite" else 1
    for page in small[0]:
        before, after = (min(one[page][column] for one in of) for of in (small, large))
        yield grown(f"{name}: {page}", before, after)


def grown(name: str, before: float, after: float) -> Figure:
    ratio, words = after / before, f"{before:.1f} → {after:.1f} ms"
    is_flat = ratio <= MOST or after - before < FLAT_BELOW
    return Figure(name, f"{ratio:.2f} ({words})", f"at most {MOST}", is_flat)


def copy_static(among: Path, home: Path) -> None:
    """From a site that has them: compressing them takes longer than all the rest."""
    for done in among.glob("*/*/.demo/static.digest"):
        for name in ("static", "assembled"):
            shutil.copytree(done.parent / name, home / name)
        shutil.copy2(done, home)
        return


def set_up(home: Path, sandbox: Sandbox, database_url: str) -> dict[str, str]:
    vendor_port = int(sandbox.url.split(":")[2].split("/")[0])
    environment = demo.environment_for(home, new_secrets(), demo.free_port(), vendor_port)
    environment |= {"METRICS_TOKEN": secrets.token_hex(16), "DATABASE_URL": database_url}
    demo.set_up(home, environment, dict.fromkeys(demo.ACCOUNTS, PASSWORD))
    return environment


@contextmanager
def asked(
    environment: dict[str, str], module: str, *size: int
) -> Iterator["subprocess.Popen[str]"]:
    """A process that fills a database to a size, then answers a round for each line."""
    command = (sys.executable, "-m", module, *map(str, size))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as child:
        yield child
        child.communicate()


def round_of(site: "subprocess.Popen[str]") -> Round:
    assert site.stdin
    site.stdin.write("\n")
    site.stdin.flush()
    answer: Round = answer_of(site)
    return answer


def answer_of(site: "subprocess.Popen[str]") -> Any:
    assert site.stdout
    while not (line := site.stdout.readline()).startswith("{"):
        assert line, "a site ended early"
    return json.loads(line)


@contextmanager
def postgres() -> Iterator[str]:
    """A database of its own, gone afterwards."""
    name = f"console_bench_{secrets.token_hex(6)}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{HEADS}\n")
        for figure in measure(Path(folder)):
            sys.stdout.write(f"{figure.line()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
