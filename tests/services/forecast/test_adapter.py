"""Scoring from outside needs series only."""

from typing import Any

import pytest

from batches.services.forecast import adapter
from batches.services.forecast.replay import replay
from batches.services.forecast.types import Context, PastBatch, Range, Replay, Series, Silence
from tests.support.series import DAY, MONDAY, ended, office_series, steady_series


def test_finished_batches_are_replayed_once(monkeypatch: pytest.MonkeyPatch):
    asked: list[Series] = []

    def counted(series: Series, **more: Any) -> Replay:
        asked.append(series)
        return replay(series, **more)

    monkeypatch.setattr("batches.services.forecast.adapter.replay", counted)
    past = PastBatch(
        project="p", created_at=MONDAY, series=ended(steady_series(hours=60, speed=10, total=600))
    )
    context = Context(project="p", created_at=MONDAY + 3 * DAY, finished=(past,))
    series = steady_series(hours=30, speed=10, total=600, since=MONDAY + 3 * DAY)
    first, second = (adapter.estimate(series, float(series.at[-1]), context) for _ in range(2))
    assert isinstance(first, Range)
    assert first == second
    assert len(asked) == 1


def test_hours_of_open_batches_are_known():
    at_work = PastBatch(
        project="q", created_at=MONDAY, series=office_series(days=4.5, a_day=200, total=2000)
    )
    context = Context(project="p", created_at=MONDAY + 4 * DAY, open=(at_work,))
    weights = adapter.known_of(context)[0].weights
    assert weights[8:16].min() > 5 * weights[16:24].max()


def test_silence_is_handed_on():
    series = steady_series(hours=1, speed=1, total=600)
    context = Context(project="p", created_at=MONDAY)
    assert isinstance(adapter.estimate(series, float(series.at[-1]), context), Silence)
