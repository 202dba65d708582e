"""Pages that stand on samples and estimates, with many of both, on SQLite and on PostgreSQL.

`python -m tests.bench.progress` prints these figures alone. A million samples take 12 s to fill.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from batches.sandbox import Sandbox
from tests.bench.flat import ROUNDS, asked, postgres, round_of, set_up
from tests.bench.progress_pages import MOST, NAME
from tests.bench.table import HEADS, Figure, at_most
from tests.support.requirements import POSTGRES, listens

MODULE = "tests.bench.progress_pages"
OPEN = 400  # batches in progress
SAMPLES = {"SQLite": 1_000_000, "PostgreSQL": 10_000_000}


def measure(folder: Path) -> Iterator[Figure]:
    for name, samples in SAMPLES.items():
        if name == "PostgreSQL" and not listens(POSTGRES):
            yield Figure("progress on PostgreSQL", f"none on {POSTGRES[0]}")
            continue
        yield from measured(folder / name, name, samples)


def measured(folder: Path, name: str, samples: int) -> Iterator[Figure]:
    with ExitStack() as running:
        sandbox = running.enter_context(Sandbox())
        url = running.enter_context(postgres()) if name == "PostgreSQL" else ""
        home = folder / ".demo"
        home.mkdir(parents=True)
        environment = set_up(home, sandbox, url)
        # later than the demo's own past, which would record them
        for number in range(OPEN):
            sandbox.add_batch(NAME.format(number), status="in_progress", counts={"pending": 9})
        site = running.enter_context(asked(environment, MODULE, samples, OPEN))
        rounds = [round_of(site) for _ in range(ROUNDS)]
    yield Figure(f"{name}: samples, batches in progress", f"{samples:,}, {OPEN:,}")
    for page, most in MOST.items():
        # wall clock: what PostgreSQL does is of the server's time too
        took = min(one[page][1] for one in rounds)
        yield at_most(f"{name}: {page}", took, most, "ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{HEADS}\n")
        for figure in measure(Path(folder)):
            sys.stdout.write(f"{figure.line()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
