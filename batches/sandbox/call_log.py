"""What was asked of the stand-in, so that tests can count it.

Keys are never kept, only the world they open.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

MOST_CALLS = 20_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `path` is as sent, below /v1; `key_mode` is None where the key was refused."""

    method: str
    path: str
    key_mode: str | None
    query: dict[str, str]
    at: datetime
    body: bytes = b""

    def as_json(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "path": self.path,
            "key_mode": self.key_mode,
            "query": self.query,
            "at": self.at.isoformat(),
            "body": self.body.decode(errors="replace"),
        }


class CallLog:
    """The latest calls, oldest first. Appending to a deque needs no lock."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=MOST_CALLS)

    def add(self, call: Call) -> None:
        self._calls.append(call)

    def all(self) -> list[Call]:
        return list(self._calls)

    def to(self, method: str, path: str) -> list[Call]:
        """Calls by method and path; `*` in either stands for anything."""
        return [
            call
            for call in self.all()
            if fnmatchcase(call.method, method) and fnmatchcase(call.path, path)
        ]

    def forget(self) -> None:
        self._calls.clear()
