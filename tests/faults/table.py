"""The table at the end of a run: fault × call → how it ended, and after how many seconds.

A test hands in its row as a user property, which also travels home from parallel workers.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.faults.calls import Attempt

ROW = "fault row"
LINES = "fault line"
WIDTH = 17


def note_row(request: pytest.FixtureRequest, fault: str, attempts: Iterable[Attempt]) -> None:
    facts = [(attempt.call.name, attempt.outcome, attempt.seconds) for attempt in attempts]
    request.node.user_properties.append((ROW, (fault, facts)))


def note_line(request: pytest.FixtureRequest, words: str) -> None:
    """A sentence of figures for what is no row of calls."""
    request.node.user_properties.append((LINES, words))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [
        report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])
    ]
    noted = [item for report in reports for item in getattr(report, "user_properties", ())]
    rows = sorted(value for name, value in noted if name == ROW)
    lines = sorted(value for name, value in noted if name == LINES)
    if not rows and not lines:
        return
    terminalreporter.section("Faults: how each call ended, and after how many seconds")
    for line in _table(rows):
        terminalreporter.write_line(line)
    for line in lines:
        terminalreporter.write_line(line)


def _table(rows: list[Any]) -> Iterable[str]:
    calls = list(dict.fromkeys(call for _, facts in rows for call, _, _ in facts))
    if not calls:
        return
    first = max(len(fault) for fault, _ in rows) + 1
    yield "".join([" " * first, *(f"{call:<{WIDTH}}" for call in calls)]).rstrip()
    for fault, facts in rows:
        found = {call: f"{outcome} {seconds:.1f}" for call, outcome, seconds in facts}
        yield "".join(
            [f"{fault:<{first}}", *(f"{found.get(call, ''):<{WIDTH}}" for call in calls)]
        ).rstrip()
