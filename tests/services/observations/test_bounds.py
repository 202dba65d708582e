"""What was read is kept within bounds: of memory, of the database, of Redis."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.db.models.functions import Length
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import StoredReading
from batches.refonte import Answer
from batches.sandbox import Sandbox
from batches.services.cache import redis_backend, sizes, store
from batches.services.cache.entry import CacheEntry, dump
from batches.services.cache.memory import MemoryStore
from batches.services.keys.types import KeyHandle
from batches.services.readings import stored
from batches.services.readings.queries import Query
from batches.services.readings.stored import prune
from batches.services.vendor.calls import Kind
from tests.support.reads import read_query
from tests.support.vendor import forget_readings

MEGABYTE = 1_000_000


def page_of(rows: int, metadata: int, number: int) -> dict[str, Any]:
    """One page of the vendor's list; no two are the same."""
    text = f"{number:08}" + "x" * (metadata - 8)
    docs = [
        {
            "name": f"kitten-{number}-{row}",
            "status": "staging",
            "metadata": {"notes": text + str(row)},
        }
        for row in range(rows)
    ]
    return {"docs": docs, "has_more": True}


def query_of(number: int, payload: dict[str, Any]) -> Query[Any]:
    def answer(*_: Any) -> Answer[Any]:
        return Answer(data=payload, payload=payload, answered_at=timezone.now())

    return Query(
        id=f"list-{number}",
        scope="lists",
        fresh=timedelta(minutes=10),
        ask=answer,
        parse=lambda payload: payload,
        sightings=lambda _: [],
    )


def stored_characters() -> int:
    return int(StoredReading.objects.aggregate(all=Sum(Length("payload")))["all"] or 0)


def memory() -> int:
    """Bytes that this process holds of the machine's memory."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the memory")
@pytest.mark.parametrize(
    ("rows", "metadata"),
    [(100, 20_000), (1, 3_000_000)],
    ids=["20 KB a row", "3 MB a row"],
)
def test_whatever_is_read_memory_and_disk_stay_within_bounds(
    rows: int, metadata: int, key: KeyHandle, refonte: Sandbox
):
    before, most = memory(), 0
    for number in range(80):
        read_query(key, query_of(number, page_of(rows, metadata, number)), Kind.PAGE)
        most = max(most, stored_characters() if number % 20 == 0 else 0)

    assert (memory() - before) / MEGABYTE < 200
    assert max(most, stored_characters()) / MEGABYTE < 100


def entry(payload: Any) -> CacheEntry:
    return CacheEntry(payload=payload, asked_at=timezone.now())


@pytest.mark.parametrize(
    ("payload", "least"),
    [
        (None, 0),
        ({"name": "x" * MEGABYTE}, 2 * MEGABYTE),
        ({"names": ["x" * 1_000 for _ in range(1_000)]}, 2 * MEGABYTE),
        ([[] for _ in range(20_000)], 2 * MEGABYTE),
        ([[] for _ in range(1_300_000)], sizes.TOO_LARGE),
        ("x" * 9 * MEGABYTE, sizes.TOO_LARGE),
    ],
)
def test_the_size_of_a_reading_is_that_of_what_it_holds(payload: Any, least: int):
    size = sizes.bytes_of(entry(payload))
    assert least <= size <= max(least * 1.3, sizes.ENTRY_BYTES * 2)


def test_memory_keeps_what_was_used_last_within_its_bytes():
    memory = MemoryStore().memory
    for number in range(100):
        memory.set(str(number), entry("x" * MEGABYTE))
        memory.get("0")

    kept = memory.items()
    assert sum(map(sizes.bytes_of, kept.values())) <= sizes.MEMORY_BYTES
    assert 25 < len(kept) < 33
    assert {"0", "99"} < {*kept}
    assert "1" not in kept


def test_what_is_too_large_is_not_kept_nor_what_it_replaces():
    memory = MemoryStore().memory
    memory.set("a", entry("small"))
    memory.set("a", entry("x" * 9 * MEGABYTE))

    assert memory.items() == {}


def test_a_time_takes_little():
    assert sizes.bytes_of(timezone.now()) < 3_000


def test_a_reading_too_large_for_the_database_is_read_all_the_same(
    key: KeyHandle, refonte: Sandbox
):
    payload = {"text": "x" * (stored.LARGEST + 1)}

    assert read_query(key, query_of(1, payload), Kind.PAGE).data == payload

    assert not StoredReading.objects.exists()


def test_beyond_the_bound_the_oldest_go_first(key: KeyHandle, monkeypatch: pytest.MonkeyPatch):
    now = timezone.now()
    for minutes in range(10):
        StoredReading.objects.create(
            fingerprint=key.fingerprint,
            query=str(minutes),
            payload=json.dumps("x" * 998),
            as_of=now - timedelta(minutes=minutes),
        )
    monkeypatch.setattr(stored, "KEPT", 4_500)

    assert prune(now=now) == 6
    left = StoredReading.objects.order_by("query").values_list("query", flat=True)
    assert list(left) == ["0", "1", "2", "3"]


@pytest.mark.services
def test_redis_keeps_no_value_beyond_its_bytes(redis_url: str, settings: Settings):
    settings.REDIS_URL = redis_url
    redis = redis_backend.RedisStore()
    around = len(dump(entry("")))
    redis.set("small", entry("x" * (redis_backend.LARGEST - around)))
    redis.set("large", entry("before"))
    redis.set("large", entry("x" * (redis_backend.LARGEST + 1 - around)))

    assert redis.client.keys() == [b"console:small"]


def test_a_new_process_stands_in_what_was_stored(key: KeyHandle, refonte: Sandbox):
    read_query(key, query_of(1, page_of(100, 20_000, 1)), Kind.PAGE)
    forget_readings()

    assert store.backend() is not None
    assert StoredReading.objects.get().query == "list-1"
