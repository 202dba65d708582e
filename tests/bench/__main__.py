"""All of `make bench`, one figure a line, as each is known."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from tests.bench import bulks, flat, process, progress, samples, sites, throughput, vendor, visits
from tests.bench.sites import Site
from tests.bench.table import HEADS, Figure, at_most
from tests.bench.wire import one_by_one
from tests.support.stack import Stack, running_stack

BATCHES = 2_000


def main(say: Callable[[str], object]) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        home = Path(folder)
        stack = running.enter_context(running_stack(home, batches=BATCHES))
        names = sites.still_batches(stack.sandbox)
        (home / "plain").mkdir()
        plain = running.enter_context(sites.plain_django(home / "plain", stack.environment))
        say(f"{machine()}\n\n{HEADS}\n")
        for figure in figures(stack, plain, names, home):
            say(f"{figure.line()}\n")
        running.close()  # what grows is measured alone
        grown = (
            flat.measure(home / "flat"),
            samples.measure(home / "samples"),
            progress.measure(home / "progress"),
            bulks.measure(home / "bulks"),
        )
        for figure in chain.from_iterable(grown):
            say(f"{figure.line()}\n")
        say(f"\n{machine()}\n")


def figures(stack: Stack, plain: Site, names: list[str], home: Path) -> Iterator[Figure]:
    product = sites.product(stack)
    key = sites.key_of(product)
    listed, batch = f"/batches/?{key}", f"/batches/{names[0]}/?{key}"
    polls = [product.list_poll(listed), product.detail_poll(batch)]
    yield from visits.measure(product, listed, batch)
    for name, poll in zip(("a list of 50", "a batch"), polls, strict=True):
        size = one_by_one([poll])[0].size / 1000
        yield at_most(f"answer to an unchanged poll of {name}", size, 1, "KB")
    yield from throughput.measure(product, plain, listed, batch)
    mixed = [*polls * 4, product.ask(listed), product.ask(batch)]
    yield from process.memory(product.worker, mixed)
    yield from vendor.measure(product, stack.sandbox, key, names)
    yield process.first_answer(product, home)


def machine() -> str:
    """Figures of a machine with other work to do say little: a load beyond its cores."""
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return (
        f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores, load over 1, 5, 15 minutes: {load}"
    )


def say(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()


if __name__ == "__main__":
    main(say)
