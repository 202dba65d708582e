"""What stands between a page and its vendor: time added, calls saved, a vendor that hangs."""

import time
from collections.abc import Iterator
from itertools import cycle
from statistics import median

import requests

from batches.sandbox import LIVE_KEY, Sandbox
from tests.bench.sites import Site
from tests.bench.table import Figure, at_most, milliseconds, percentile
from tests.bench.wire import Answer, Ask, Wire, at_a_pace, one_by_one

LATENCY = 0.2
TIMES = 20
VIEWERS, WATCHED_SECONDS, MOST_CALLS = 50, 20.0, 8
STUCK_PAGES, STUCK_SECONDS = 20, 12.0


def measure(product: Site, sandbox: Sandbox, key: str, names: list[str]) -> Iterator[Figure]:
    yield from slow_vendor(product, sandbox, key, names)
    yield many_viewers(product, sandbox, names[0], key)
    yield hung_vendor(product, sandbox, key, names)


def slow_vendor(product: Site, sandbox: Sandbox, key: str, names: list[str]) -> Iterator[Figure]:
    """Pages that nobody has asked for yet; the vendor's own time is taken without the product."""
    one_by_one([product.ask(f"/batches/?{key}")])  # the projects are asked for once in 10 minutes
    sandbox.fault("latency", match="GET /v1/*", seconds=LATENCY)
    days = range(1, TIMES + 1)
    lists = [f"/batches/?{key}&limit=50&start_time=2020-01-{day:02}" for day in days]
    pages = [f"/batches/{name}/?{key}" for name in names[-TIMES:]]
    for name, paths, own in (
        ("list", lists, "batches?limit=50&detailed=true"),
        ("page of a batch", pages, f"batches/{names[0]}"),
    ):
        asks = [product.ask(path) for path in paths]
        added, alone = added_to(sandbox, own, asks)
        note = f" on top of {milliseconds(alone):.0f}"
        yield at_most(f"{name}, vendor of 200 ms", milliseconds(added), 25, "ms", note)
    sandbox.reset()


def added_to(sandbox: Sandbox, own: str, asks: list[Ask]) -> tuple[float, float]:
    """Medians: what each page takes beyond a call of the vendor just before it, and that call."""
    added, alone = [], []
    with requests.Session() as session, Wire(asks[0].port) as wire:
        session.trust_env = False
        for ask in asks:
            began = time.perf_counter()
            session.get(f"{sandbox.url}/{own}", auth=(LIVE_KEY, ""), timeout=10)
            alone.append(time.perf_counter() - began)
            answer = wire.send(ask)
            assert answer.status == 200, answer
            added.append(answer.seconds - alone[-1])
    return median(added), median(alone)


def many_viewers(product: Site, sandbox: Sandbox, name: str, key: str) -> Figure:
    ask = product.detail_poll(f"/batches/{name}/?{key}")
    sandbox.forget_calls()
    until = time.monotonic() + WATCHED_SECONDS
    answers = at_a_pace(lambda: ask, viewers=VIEWERS, every=1.0, until=until)()
    # of this batch: the worker watches all of them meanwhile
    calls = len(sandbox.calls_to("GET", f"/batches/{name}*"))
    title = f"{VIEWERS} viewers of a batch, 20 s: vendor calls"
    note = f" for {len(answers):,} polls, median {median_ms(answers):.0f} ms"
    return at_most(title, calls, MOST_CALLS, "calls", note)


def hung_vendor(product: Site, sandbox: Sandbox, key: str, names: list[str]) -> Figure:
    """Pages of twenty batches poll on while the vendor hangs; somebody looks at their keys."""
    polls = cycle([product.detail_poll(f"/batches/{n}/?{key}") for n in names[:STUCK_PAGES]])
    time.sleep(5)  # what was read for the pages is no longer fresh
    sandbox.fault("hang", match="GET /v1/*")
    until = time.monotonic() + STUCK_SECONDS
    ended = at_a_pace(lambda: next(polls), viewers=STUCK_PAGES, every=1.0, until=until)
    answers = answers_until(until, product.ask(f"/keys/?{key}"))
    polled = ended()
    sandbox.reset()
    worst = max(milliseconds(answer.seconds) for answer in polled)
    p95 = milliseconds(percentile([answer.seconds for answer in answers], 95))
    note = f", of {len(answers)}; slowest poll {worst:,.0f}"
    return at_most("keys page, vendor hung, 20 pages polling: p95", p95, 150, "ms", note)


def answers_until(until: float, ask: Ask) -> list[Answer]:
    answers = []
    with Wire(ask.port) as wire:
        while time.monotonic() < until:
            answers.append(wire.send(ask))
            time.sleep(0.05)
    return answers


def median_ms(answers: list[Answer]) -> float:
    return milliseconds(median(answer.seconds for answer in answers))
