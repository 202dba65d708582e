"""What a bulk costs this console for each row, beside Refonte's own time, on both databases.

`python -m tests.bench.bulks` prints these figures alone: two minutes.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from batches.sandbox import Sandbox
from tests.bench.bulk_rows import NAME
from tests.bench.flat import asked, postgres, round_of, set_up
from tests.bench.table import HEADS, Figure, at_most
from tests.support.requirements import POSTGRES, listens

MODULE = "tests.bench.bulk_rows"
ROWS = 1_000
MOST = 20  # ms of server time a row, beside the write itself
DATABASES = ("SQLite", "PostgreSQL")


def measure(folder: Path) -> Iterator[Figure]:
    for name in DATABASES:
        if name == "PostgreSQL" and not listens(POSTGRES):
            yield Figure("bulk on PostgreSQL", f"none on {POSTGRES[0]}")
            continue
        yield from measured(folder / name, name, ROWS)


def measured(folder: Path, name: str, rows: int) -> Iterator[Figure]:
    with ExitStack() as running:
        sandbox = running.enter_context(Sandbox())
        url = running.enter_context(postgres()) if name == "PostgreSQL" else ""
        home = folder / ".demo"
        home.mkdir(parents=True)
        environment = set_up(home, sandbox, url)
        environment["BACKGROUND_CALLS_A_MINUTE"] = "6000"  # what Refonte allows is not measured
        for number in range(rows):
            sandbox.add_batch(NAME.format(number), status="in_progress", counts={"pending": 9})
        took: Any = round_of(running.enter_context(asked(environment, MODULE, rows)))
    added = took["row"] - took["single"]
    yield Figure(
        f"{name}: a single write, a row of a bulk: ms", f"{took['single']:.1f}; {took['row']:.1f}"
    )
    yield at_most(f"{name}: what a bulk of {rows:,} adds to each write", added, MOST, "ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{HEADS}\n")
        for figure in measure(Path(folder)):
            sys.stdout.write(f"{figure.line()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
