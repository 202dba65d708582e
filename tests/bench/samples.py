"""What samples cost: to write, to keep, to read, in a small and in a large database; and watching.

`python -m tests.bench.samples` prints these figures alone; with `--large` the large databases have
5 million samples on SQLite and 25 million on PostgreSQL: each million takes 12 s to fill.
"""

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.run import demo
from dashboard.run.secrets_file import new_secrets
from tests.bench import beside, watching
from tests.bench.flat import ROUNDS, Round, answer_of, asked, grown, postgres, round_of
from tests.bench.table import HEADS, Figure
from tests.support.requirements import POSTGRES, listens

MODULE, PAGE = "tests.bench.recording", 100
ACTS = {
    "page": "100 batches recorded, all changed",
    "page unchanged": "100 batches recorded, none changed",
    "batch": "a batch recorded, changed",
    "batch unchanged": "a batch recorded, unchanged",
    "series": "three hours of a batch read",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A database, the batches in progress that it is made for, and samples: small and large."""

    name: str
    batches: int
    sizes: tuple[int, int]
    column: int  # CPU where the database is within the process, wall clock where it is another one


USUAL = (
    Kind("SQLite", 400, (100_000, 1_000_000), 0),
    Kind("PostgreSQL", 2_000, (100_000, 1_000_000), 1),
)
LARGE = (
    Kind("SQLite", 400, (1_000_000, 5_000_000), 0),
    Kind("PostgreSQL", 2_000, (1_000_000, 25_000_000), 1),
)


def measure(folder: Path, kinds: tuple[Kind, ...] = USUAL) -> Iterator[Figure]:
    for kind in kinds:
        if kind.name == "PostgreSQL" and not listens(POSTGRES):
            yield Figure("samples on PostgreSQL", f"none on {POSTGRES[0]}")
            continue
        yield from measured(folder / kind.name, kind)
        yield from watching.measure(folder / kind.name, kind.name, kind.batches)
        yield from beside.measure(folder / kind.name, kind.name, kind.batches)


def measured(folder: Path, kind: Kind) -> Iterator[Figure]:
    """The sizes take turns, and the least of the rounds counts: a busy machine only adds."""
    with ExitStack() as running:
        sites = []
        for size in kind.sizes:
            url = running.enter_context(postgres()) if kind.name == "PostgreSQL" else ""
            environment = migrated(folder / f"{size}", url)
            site = running.enter_context(asked(environment, MODULE, size, kind.batches))
            day = answer_of(site)
            round_of(site)  # when it answers, it is filled; nothing else runs while another is
            sites.append(site)
        rounds = [[round_of(site) for site in sites] for _ in range(ROUNDS)]
    small, large = (least([one[place] for one in rounds], kind.column) for place in range(2))
    sizes = " → ".join(f"{size:,}" for size in kind.sizes)
    yield Figure(f"{kind.name}: samples in the small and large database", sizes)
    written = " → ".join(f"{PAGE * 1000 / one['page']:,.0f}" for one in (small, large))
    yield Figure(f"{kind.name}: samples written a second", written)
    for act, words in ACTS.items():
        yield grown(f"{kind.name}: {words}", small[act], large[act])
    for rows in ("page", "batch"):
        times = large[rows] / large[f"{rows} unchanged"]
        yield Figure(f"{kind.name}: price of a due sample, a {rows}", f"{times:.1f} times as long")
    yield from bytes_a_day(kind, day)


def migrated(folder: Path, database_url: str) -> dict[str, str]:
    folder.mkdir(parents=True)
    environment = demo.environment_for(folder, new_secrets(), demo.free_port(), demo.free_port())
    environment |= {"METRICS_TOKEN": secrets.token_hex(16), "DATABASE_URL": database_url}
    subprocess.run(demo.manage("migrate", "--verbosity", "0"), env=environment, check=True)
    return environment


def least(rounds: list[Round], column: int) -> dict[str, float]:
    return {act: min(one[act][column] for one in rounds) for act in ACTS}


def bytes_a_day(kind: Kind, day: dict[str, Any]) -> Iterator[Figure]:
    """Of batches that people work on at the hours of `seeded_histories.SHIFTS`."""
    hot, packed = (day[layer] * kind.batches / 1e6 for layer in ("hot", "packed"))
    name = f"{kind.name}: {kind.batches:,} batches, MB a day"
    yield Figure(f"{name}, rows", f"{hot:.1f} ({day['hot'] / day['samples']:.0f} bytes a sample)")
    each = day["packed"] / day["samples"]
    yield Figure(f"{name}, packed", f"{packed:.2f} ({each:.1f} bytes a sample)")
    old = " and ".join(f"{day[f'after {age}']:,.0f}" for age in (33, 183))
    yield Figure(f"{kind.name}: bytes of a packed day, thinned twice", old)
    yield Figure(f"{kind.name}: KB a day for the sums of a project", f"{day['sums'] / 1000:.1f}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(f"{HEADS}\n")
        for figure in measure(Path(folder), LARGE if "--large" in sys.argv else USUAL):
            sys.stdout.write(f"{figure.line()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
