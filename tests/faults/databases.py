"""A database that cannot be written, in the ways of a bad day, or is not there at all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

only_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL is a server with locks of rows"
)
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite is a file")
LARGEST_FILE = 4_294_967_294  # SQLite's own limit, in pages


@contextmanager
def locked(seconds: float) -> Iterator[None]:
    """Another connection writes for so long; whoever else wants to write must wait for it."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            held.set()
            over.wait(seconds)
            cursor.execute("ROLLBACK")
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
    try:
        yield
    finally:
        over.set()
        thread.join(60)


@contextmanager
def read_only() -> Iterator[None]:
    sqlite, postgres = "PRAGMA query_only = {}", "SET default_transaction_read_only = {}"
    with _told(sqlite if connection.vendor == "sqlite" else postgres, "on", "off"):
        yield


@contextmanager
def disk_full() -> Iterator[None]:
    """Not one page more for the file, and none in it that is empty."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ballast (stone BLOB)")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        with _told("PRAGMA max_page_count = {}", str(pages), str(LARGEST_FILE)):
            for size in (4000, 400, 40):
                _fill(size)
            yield
        cursor.execute("DROP TABLE ballast")


@contextmanager
def opened_at(path: Path, how: str = "") -> Iterator[None]:
    """SQLite opens this file instead: whatever it holds, and an empty one where there is none.

    how: the query of its address, such as `?mode=ro` for reading alone.
    """
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = f"file:{path}{how}" if how else str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _fill(size: int) -> None:
    with connection.cursor() as cursor:
        try:
            while True:
                cursor.execute("INSERT INTO ballast VALUES (zeroblob(%s))", [size])
        except OperationalError:
            return


@contextmanager
def _told(words: str, now: str, after: str) -> Iterator[None]:
    """Say it on every connection of this process, those yet to be made too."""

    def say(connection: BaseDatabaseWrapper, value: str = now, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(words.format(value))

    say(connection)
    connection_created.connect(say)
    try:
        yield
    finally:
        connection_created.disconnect(say)
        say(connection, after)
