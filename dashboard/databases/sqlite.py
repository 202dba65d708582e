"""SQLite's lock, which a request waits for once, and its file, which may be replaced while open."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.core.signals import request_started
from django.db import DEFAULT_DB_ALIAS, InternalError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

LOCK_SECONDS = 5.0
UNDISTURBED_SECONDS = 0.05  # no write takes longer where it does not wait for another one

# The file that each connection has opened: its device and inode.
_open_files: WeakKeyDictionary[BaseDatabaseWrapper, tuple[int, int] | None] = WeakKeyDictionary()
# Seconds that the current request may still wait for the lock, in all its statements together.
_seconds_left: WeakKeyDictionary[BaseDatabaseWrapper, float] = WeakKeyDictionary()


@receiver(connection_created)
def set_up_connection(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if connection.vendor != "sqlite":
        return
    # Django assumes the limit of old, 999 values in a statement, and would write a page in two
    limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    connection.features.max_query_params = limit
    _open_files[connection] = _file_of(connection)
    if _count_waiting not in connection.execute_wrappers:
        connection.execute_wrappers.append(_count_waiting)
    if not os.access(connection.settings_dict["NAME"], os.W_OK):
        _reconnect_with_next_request(connection)


@receiver(request_started)
def begin_request(**kwargs: Any) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return
    is_open = connection.connection is not None and not connection.closed_in_transaction
    if is_open and _seconds_left.get(connection) != LOCK_SECONDS:
        _set_lock_timeout(connection, LOCK_SECONDS)
    _seconds_left[connection] = LOCK_SECONDS


def has_lost_its_file(connection: BaseDatabaseWrapper) -> bool:
    """Whether SQLite's file was deleted or replaced since: what is written to it then is lost."""
    return connection in _open_files and _open_files[connection] != _file_of(connection)


def can_be_written(connection: BaseDatabaseWrapper) -> bool:
    """Either database, tried with an update of no row. A lock that another writer has is no fault.

    Raises django.db.Error where the database does not answer.
    """
    try:
        with connection.cursor() as cursor, _no_waiting(connection):
            cursor.execute("UPDATE batches_fingerprintsecret SET sealed = sealed WHERE id = 0")
    except (OperationalError, InternalError) as error:
        return "locked" in str(error)
    return True


@contextmanager
def _no_waiting(connection: BaseDatabaseWrapper) -> Iterator[None]:
    if connection.vendor != "sqlite":  # PostgreSQL locks rows, and this statement finds none
        yield
        return
    _set_lock_timeout(connection, 0)
    try:
        yield
    finally:
        _set_lock_timeout(connection, _seconds_left.get(connection, LOCK_SECONDS))


def _count_waiting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """An execute wrapper of Django's: takes what a write has waited off what the request may."""
    connection: BaseDatabaseWrapper = context["connection"]
    started = time.monotonic()
    try:
        return execute(sql, params, many, context)
    except OperationalError as error:
        if "readonly" in str(error):
            _reconnect_with_next_request(connection)
        raise
    finally:
        spent = time.monotonic() - started
        has_waited = spent > UNDISTURBED_SECONDS and not sql.startswith("SELECT")
        if has_waited and connection in _seconds_left:
            _seconds_left[connection] = max(0.0, _seconds_left[connection] - spent)
            _set_lock_timeout(connection, _seconds_left[connection])


def _reconnect_with_next_request(connection: BaseDatabaseWrapper) -> None:
    # a file that SQLite opened read-only stays so, even after its permissions have changed;
    # Django closes a connection after this moment
    connection.close_at = 0


def _set_lock_timeout(connection: BaseDatabaseWrapper, seconds: float) -> None:
    connection.connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


def _file_of(connection: BaseDatabaseWrapper) -> tuple[int, int] | None:
    try:
        found = os.stat(connection.settings_dict["NAME"])
    except OSError:
        return None
    return found.st_dev, found.st_ino
