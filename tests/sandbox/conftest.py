"""A small sandbox with a clock that the test moves, and callers with a key."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests

from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox

MONDAY = datetime(2026, 11, 23, 10, 0, 0, 250_000, UTC)


class Clock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.moment = MONDAY

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


class Caller:
    """Calls the sandbox with one key over one connection."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.auth = (key, "")

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(
            f"{self.url}{path}", params=query, timeout=60, allow_redirects=False
        )

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.session.post(f"{self.url}{path}", json=body, timeout=60)

    def create(self, name: str, project: str = "kitten_labeling", **more: Any) -> requests.Response:
        return self.post("/batches", {"name": name, "project": project, **more})

    def status(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(f"/batches/{quote(name, safe='')}/status").json()
        return answer

    def names(self, **query: Any) -> list[str]:
        return [doc["name"] for doc in self.get("/batches", **query).json()["docs"]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    """Eight projects, no batches."""
    with Sandbox(batches=0, now=clock) as running:
        yield running


@pytest.fixture
def alice(sandbox: Sandbox) -> Iterator[Caller]:
    """Alice holds the live key."""
    caller = Caller(sandbox.url, LIVE_KEY)
    yield caller
    caller.session.close()


@pytest.fixture
def bob(sandbox: Sandbox) -> Iterator[Caller]:
    """Bob holds the test key."""
    caller = Caller(sandbox.url, TEST_KEY)
    yield caller
    caller.session.close()
