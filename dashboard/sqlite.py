"""SQLite's file and its one lock: what was opened is still there, and nobody waits for it twice."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.core.signals import request_started
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

LOCK_SECONDS = 5.0
A_MOMENT = 0.05  # seconds; no write of ours takes longer where nobody is in its way

# Which file each connection to SQLite has opened: its device and number on the disk.
_opened: WeakKeyDictionary[BaseDatabaseWrapper, tuple[int, int] | None] = WeakKeyDictionary()
# How many seconds the request under way may still wait for the lock, in all its statements.
_left: WeakKeyDictionary[BaseDatabaseWrapper, float] = WeakKeyDictionary()


@receiver(connection_created)
def watch_file(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if connection.vendor != "sqlite":
        return
    # Django assumes the 999 values a statement of old, and would write a page in two.
    limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    connection.features.max_query_params = limit
    _opened[connection] = _file_of(connection)
    if _spend_patience not in connection.execute_wrappers:
        connection.execute_wrappers.append(_spend_patience)
    if not os.access(connection.settings_dict["NAME"], os.W_OK):
        _open_anew(connection)


def has_lost_its_file(connection: BaseDatabaseWrapper) -> bool:
    """Whether SQLite's file was deleted or replaced since: what is written to it, nobody finds."""
    return connection in _opened and _opened[connection] != _file_of(connection)


@receiver(request_started)
def begin_request(**kwargs: Any) -> None:
    """A request waits 5 s for the lock in all, however many statements it has."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return
    is_open = connection.connection is not None and not connection.closed_in_transaction
    if is_open and _left.get(connection) != LOCK_SECONDS:
        _wait_for_lock(connection, LOCK_SECONDS)
    _left[connection] = LOCK_SECONDS


@contextmanager
def not_waiting_for_a_lock(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Nothing of another database, whose locks are each row's own."""
    if connection.vendor != "sqlite":
        yield
        return
    _wait_for_lock(connection, 0)
    try:
        yield
    finally:
        _wait_for_lock(connection, _left.get(connection, LOCK_SECONDS))


def _spend_patience(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Django calls it around each statement. What a write took beyond a moment it has waited."""
    connection: BaseDatabaseWrapper = context["connection"]
    started = time.monotonic()
    try:
        return execute(sql, params, many, context)
    except OperationalError as error:
        if "readonly" in str(error):
            _open_anew(connection)
        raise
    finally:
        spent = time.monotonic() - started
        if spent > A_MOMENT and connection in _left and not sql.startswith("SELECT"):
            _left[connection] = max(0.0, _left[connection] - spent)
            _wait_for_lock(connection, _left[connection])


def _open_anew(connection: BaseDatabaseWrapper) -> None:
    """With the next request: what SQLite opened for reading stays so, whatever becomes of its file.

    Django closes it where its time is over.
    """
    connection.close_at = 0


def _wait_for_lock(connection: BaseDatabaseWrapper, seconds: float) -> None:
    connection.connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


def _file_of(connection: BaseDatabaseWrapper) -> tuple[int, int] | None:
    try:
        found = os.stat(connection.settings_dict["NAME"])
    except OSError:
        return None
    return found.st_dev, found.st_ino
