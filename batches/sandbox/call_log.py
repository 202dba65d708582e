"""The calls received, so that tests can count them."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

MAX_CALLS = 20_000  # a demo runs for days


@dataclass(frozen=True, slots=True)
class Call:
    """`path` is as sent, below /v1; `key_mode` is None where the key was refused."""

    method: str
    path: str
    key_mode: str | None  # never the key itself: calls can be read without one
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
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS)

    def add(self, call: Call) -> None:
        self._calls.append(call)  # atomic in CPython: no lock needed

    def all(self) -> list[Call]:
        return list(self._calls)

    def to(self, method: str, path: str) -> list[Call]:
        """Calls by method and path; `*` in either matches anything."""
        return [
            call
            for call in self.all()
            if fnmatchcase(call.method, method) and fnmatchcase(call.path, path)
        ]

    def clear(self) -> None:
        self._calls.clear()
