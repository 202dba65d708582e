"""How the database is opened, and whether what was opened is still there."""

import os
import sqlite3
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

# `synchronous=FULL`: an operation that was committed survives a power cut. `IMMEDIATE`: two
# writers wait for each other instead of failing (with DEFERRED, most writes of eight writers fail).
SQLITE_OPTIONS = {
    "timeout": 5,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}

# Which file each connection to SQLite has opened: its device and number on the disk.
_opened: WeakKeyDictionary[BaseDatabaseWrapper, tuple[int, int] | None] = WeakKeyDictionary()


def settings_of(parsed: dict[str, Any], base_dir: Path) -> dict[str, Any]:
    """Django's settings for what `DATABASE_URL` says; connections stay open between requests."""
    found = parsed | {"CONN_MAX_AGE": None, "ATOMIC_REQUESTS": False}
    if found["ENGINE"] == "django.db.backends.sqlite3":
        found["NAME"] = str(base_dir / found["NAME"])  # relative to the project, not the shell
        found["OPTIONS"] = SQLITE_OPTIONS.copy()
    else:
        found["CONN_HEALTH_CHECKS"] = True
    return found


@receiver(connection_created)
def note_file(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if connection.vendor == "sqlite":
        _opened[connection] = _file_of(connection)


@receiver(connection_created)
def use_the_limit_there_is(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Values a statement: Django assumes SQLite's 999 of old, and would write a page in two."""
    if connection.vendor == "sqlite":
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = limit


def has_lost_its_file(connection: BaseDatabaseWrapper) -> bool:
    """Whether SQLite's file was deleted or replaced since: what is written to it, nobody finds."""
    return connection in _opened and _opened[connection] != _file_of(connection)


def _file_of(connection: BaseDatabaseWrapper) -> tuple[int, int] | None:
    try:
        found = os.stat(connection.settings_dict["NAME"])
    except OSError:
        return None
    return found.st_dev, found.st_ino
