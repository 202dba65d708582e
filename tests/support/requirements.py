"""Skips tests that need Chromium, PostgreSQL or Redis where these are missing.

With `REQUIRE_BROWSER=1` or `REQUIRE_SERVICES=1` the run fails instead.
"""

import os
import shutil
import socket
from collections import Counter
from functools import cache
from typing import Any

import pytest

# The first is Chromium without windows: the same engine, in less than half the time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
POSTGRES = ("127.0.0.1", 5432)
REDIS = ("127.0.0.1", 6379)


def chromium() -> str | None:
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


def listens(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False


@cache
def missing(marker: str) -> str:
    """Why tests with this marker cannot run here; empty where they can."""
    if marker == "browser":
        return (
            "" if chromium() else "no Chromium (on Debian: apt-get install chromium-headless-shell)"
        )
    absent = [
        name
        for name, address in (("PostgreSQL", POSTGRES), ("Redis", REDIS))
        if not listens(address)
    ]
    return f"no {' and no '.join(absent)} on 127.0.0.1" if absent else ""


def pytest_configure(config: pytest.Config) -> None:
    for marker in ("browser", "services"):
        if os.environ.get(f"REQUIRE_{marker.upper()}") == "1" and missing(marker):
            raise pytest.UsageError(f"REQUIRE_{marker.upper()}=1, but {missing(marker)}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in ("browser", "services"):
            if item.get_closest_marker(marker) and (why := missing(marker)):
                item.add_marker(pytest.mark.skip(reason=why))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line a reason, instead of one a test."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} tests were skipped: {reason}")
