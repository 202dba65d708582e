"""A watched key, and the worker's rounds over its batches."""

from collections.abc import Callable, Iterator

import pytest
import time_machine

from batches.models import Alarm, AlarmKind, Notice, NoticeKind
from batches.services.background import consent
from batches.services.estimates.compute import estimate_due
from tests.support.watched_work import PRINT, at

Open = dict[tuple[str, str], Alarm]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(0), tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "watched_fingerprints", lambda: (PRINT,))


@pytest.fixture
def run(clock: time_machine.Traveller) -> Callable[[float], Open]:
    """One round of the worker at a minute; returns the open alarms, by batch and kind."""

    def run(minute: float) -> Open:
        clock.move_to(at(minute))
        estimate_due(now=at(minute))
        return open_ones()

    return run


def open_ones() -> Open:
    rows = Alarm.objects.filter(ended_at=None).select_related("batch")
    return {(row.batch.name if row.batch else "", row.kind): row for row in rows}


def told() -> list[str]:
    """What there is to tell of alarms, in order: `stalled`, `stalled over`."""
    rows = Notice.objects.exclude(kind=NoticeKind.COMPLETED).order_by("pk")
    return [f"{AlarmKind(row.kind).value}{' over' if row.is_over else ''}" for row in rows]
