"""Stores what was created or changed in one SQLite file, or in memory."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (
    kind TEXT NOT NULL, mode TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (kind, mode, name)
)
"""


class Store:
    """JSON documents by kind, mode and name."""

    def __init__(self, path: Path | str | None) -> None:
        database = ":memory:" if path is None else str(path)
        # callers hold the vendor's lock, so threads may share the connection
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._connection.execute(SCHEMA)

    def save(self, kind: str, mode: str, name: str, body: Any) -> None:
        values = (kind, mode, name, json.dumps(body))
        self._connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", values)

    def load(self, kind: str, mode: str) -> Iterator[tuple[str, Any]]:
        rows = self._connection.execute(
            "SELECT name, body FROM kept WHERE kind = ? AND mode = ? ORDER BY rowid", (kind, mode)
        )
        for name, body in rows:
            yield name, json.loads(body)

    def delete(self, kind: str, mode: str, name: str) -> None:
        self._connection.execute(
            "DELETE FROM kept WHERE kind = ? AND mode = ? AND name = ?", (kind, mode, name)
        )

    def close(self) -> None:
        self._connection.close()
