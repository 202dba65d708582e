"""Reads through the cache, alone and in several threads at once."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection

from batches.refonte import Batch, BatchPage, BatchStatus, ListQuery
from batches.services.keys.listing import find_own_key
from batches.services.keys.types import KeyHandle
from batches.services.readings import queries, read
from batches.services.readings.reading import Reading
from batches.services.vendor import calls
from batches.services.vendor.calls import Kind

T = TypeVar("T")
LIST = "GET /v1/batches"
ONE = "GET /v1/batches/kitten-07"
STATUS = "GET /v1/batches/kitten-07/status"


def read_batch(key: KeyHandle, name: str = "kitten-07", kind: Kind = Kind.PAGE) -> Reading[Batch]:
    return read_query(key, queries.batch_query(name), kind)


def read_status(
    key: KeyHandle, name: str = "kitten-07", kind: Kind = Kind.PAGE
) -> Reading[BatchStatus]:
    return read_query(key, queries.status_query(name), kind)


def read_page(key: KeyHandle, kind: Kind = Kind.PAGE, **query: Any) -> Reading[BatchPage]:
    return read_query(key, queries.list_query(ListQuery(**query)), kind)


def read_query(key: KeyHandle, query: queries.Query[T], kind: Kind) -> Reading[T]:
    return read.read(key=key, query=query, kind=kind, deadline=calls.new_deadline())


def as_stored(key: KeyHandle) -> KeyHandle:
    """The key as the next request loads it from the database."""
    found = find_own_key(user=User.objects.get(pk=key.owner_id), key_id=key.id)
    assert found
    return found


def run_together(people: int, act: Callable[[], T]) -> list[T]:
    """The results of `act` in several threads that start together; a failed one is missing."""
    start, got = threading.Barrier(people, timeout=60), list[T]()

    def one() -> None:
        start.wait()
        got.append(act())

    threads = [thread_for(one) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return got


def thread_for(act: Callable[[], object]) -> threading.Thread:
    """A thread that closes its database connection, which PostgreSQL would keep open."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    return threading.Thread(target=run)
