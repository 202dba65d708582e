"""5,000 batches as a file: as much memory as for a few hundred, and inert in a spreadsheet."""

import csv
import gc
import json
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from cachetools import LRUCache
from django.test import Client

from batches.sandbox import Sandbox
from batches.services.batches import known
from batches.services.keys.types import KeyHandle
from tests.support.clock import NOON
from tests.support.pages import HOSTILE, list_address

ROWS = 5_000
# Digests of 4,000 names, and what the sandbox and the log of this process note of 40 calls. The
# rows themselves would be 12 MB.
GROWTH = 2_000_000  # bytes

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.slow, pytest.mark.unmeasured]


def names() -> Iterator[str]:
    for number in range(ROWS):
        hostile = HOSTILE[number % len(HOSTILE)] if number % 10 == 0 else "kitten"
        yield f"{hostile} {number:04}"


@pytest.fixture
def many(refonte: Sandbox) -> Sandbox:
    for place, name in enumerate(names()):
        refonte.add_batch(
            name,
            project="kittens",
            created_at=NOON - timedelta(minutes=place),
            counts={"pending": place, "completed": 7},
        )
    return refonte


def file_of(browser: Client, key: KeyHandle, chosen: str) -> Any:
    address = list_address(key, f"format={chosen}").replace("/batches/", "/batches/export/")
    return browser.get(address)


def test_memory_is_that_of_a_few_pages(
    many: Sandbox, key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what pages of the list need is kept for a bounded number of them; here for a few
    monkeypatch.setattr(known, "_pages", LRUCache(2))
    monkeypatch.setattr(known, "_read", LRUCache(200))
    written, peaks, longest = [], [], 0
    answer = file_of(as_alice, key, "jsonl")
    gc.collect()
    tracemalloc.start()
    try:
        for part in answer:
            peaks.append(tracemalloc.get_traced_memory()[1])
            written.append(json.loads(part)["name"])
            longest = max(longest, len(part))
            tracemalloc.reset_peak()
    finally:
        tracemalloc.stop()
    assert written == [*names()]
    assert longest < 2_000  # bytes: each line goes out by itself
    # of the first thousand rows, and of the last: digests of names are kept, and no row is
    first, last = max(peaks[:1_000]), max(peaks[-1_000:])
    assert last < first + GROWTH, (first, last)


def test_hostile_names_are_inert_among_5000(
    many: Sandbox, key: KeyHandle, as_alice: Client
) -> None:
    text = file_of(as_alice, key, "csv").getvalue().decode()
    rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(rows) == ROWS
    cells = {cell for row in rows for cell in row.values() if cell}
    assert not [cell for cell in cells if cell[0] in "=+-@\t\r"]
