"""Many open tabs and a slow vendor: how long a person waits who opens one more page.

`python -m tests.bench.tabs` prints these figures alone; it takes two minutes.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from statistics import median

from batches.sandbox import Sandbox
from tests.bench import sites
from tests.bench.sites import Site
from tests.bench.table import HEADS, Figure, at_most, milliseconds
from tests.bench.wire import Answer, Ask, Wire, at_a_pace
from tests.support.stack import running_stack

TABS, EVERY = 200, 10.0
LATENCY = 1.0
SECONDS = 40.0
PAUSE = 0.5  # between two pages that are opened


def measure(product: Site, sandbox: Sandbox, key: str, names: list[str]) -> Iterator[Figure]:
    """Each tab shows another batch. Opened are the list, batches that are read, and others."""
    tabs = [product.detail_poll(f"/batches/{name}/?{key}") for name in names[:TABS]]
    pages = {
        "a list that is known": [product.ask(f"/batches/?{key}")],
        "a batch that is known": [product.ask(f"/batches/{name}/?{key}") for name in names[:TABS]],
        "a batch that is not": [product.ask(f"/batches/{name}/?{key}") for name in names[TABS:]],
    }
    sandbox.fault("latency", match="GET /v1/*", seconds=LATENCY)
    until, due = time.monotonic() + SECONDS, cycle(tabs)
    ended = at_a_pace(lambda: next(due), viewers=TABS, every=EVERY, until=until)
    time.sleep(2)
    opened = opened_until(until, pages)
    polled = ended()
    sandbox.reset()
    note = f", of {len(polled)}: {told(polled)}"
    yield at_most(f"{TABS} tabs, vendor of 1 s: poll, median", median_ms(polled), 500, "ms", note)
    for name, most in zip(pages, (1_000, 1_000, 2_500), strict=True):
        answers = opened[name]
        yield at_most(
            f"  opening {name}, median", median_ms(answers), most, "ms", f": {told(answers)}"
        )


def opened_until(until: float, pages: dict[str, list[Ask]]) -> dict[str, list[Answer]]:
    """One after the other, each on a connection of its own, as who just came does."""
    answers: dict[str, list[Answer]] = {name: [] for name in pages}
    asks = {name: cycle(of) for name, of in pages.items()}
    while time.monotonic() < until:
        for name, own in asks.items():
            ask = next(own)
            with Wire(ask.port) as wire:
                answers[name].append(wire.send(ask))
            time.sleep(PAUSE)
    return answers


def told(answers: list[Answer]) -> str:
    statuses = Counter(answer.status for answer in answers)
    slowest = milliseconds(max(answer.seconds for answer in answers))
    counted = ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items()))
    return f"{counted}, slowest {slowest:,.0f}"


def median_ms(answers: list[Answer]) -> float:
    return milliseconds(median(answer.seconds for answer in answers))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), batches=2_000) as run:
        names = sites.still_batches(run.sandbox)
        product = sites.product(run)
        sys.stdout.write(f"{HEADS}\n")
        for figure in measure(product, run.sandbox, sites.key_of(product), names):
            sys.stdout.write(f"{figure.line()}\n")


if __name__ == "__main__":
    main()
