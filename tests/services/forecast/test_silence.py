"""No range is given where it would say nothing, and the reason is."""

from dataclasses import replace

import numpy as np
import pytest

from batches.services.forecast.estimate import estimate
from batches.services.forecast.reasons import Reason
from batches.services.forecast.replay import replay
from batches.services.forecast.rhythm import rhythm_of
from batches.services.forecast.types import Series, Silence
from tests.support.series import (
    CANCELLED,
    COMPLETED,
    HOUR,
    MINUTE,
    MONDAY,
    PAUSED,
    STAGING,
    ended,
    series_of,
    steady_series,
)

RUNNING = steady_series(hours=10, speed=10, total=200)
TEN = MONDAY + 10 * HOUR


def silence_of(series: Series, now: float) -> Silence:
    found = estimate(series, now=now, rhythm=rhythm_of([]))
    assert isinstance(found, Silence)
    return found


def grown() -> Series:
    total = np.where(RUNNING.at < TEN - HOUR, 150.0, 200.0)
    return replace(RUNNING, total=total, pending=total - RUNNING.completed)


def resting() -> Series:
    at = np.append(RUNNING.at, TEN + np.arange(1, 100) * 15 * MINUTE)
    return series_of(at, np.minimum(np.floor((at - MONDAY) / HOUR * 10), 100), 200)


@pytest.mark.parametrize(
    ("series", "reason", "since"),
    [
        (ended(RUNNING, COMPLETED), Reason.ENDED, TEN),
        (ended(RUNNING, CANCELLED), Reason.ENDED, TEN),
        (ended(RUNNING, PAUSED), Reason.PAUSED, TEN),
        (replace(RUNNING, status=np.full(61, STAGING)), Reason.NOT_STARTED, MONDAY),
        (steady_series(hours=30, speed=10, total=200), Reason.NOTHING_LEFT, MONDAY + 20 * HOUR),
        (steady_series(hours=1 / 6, speed=30, total=200), Reason.FEW_SAMPLES, None),
        (series_of(np.zeros(0), np.zeros(0), 5), Reason.FEW_SAMPLES, None),
        (steady_series(hours=1, speed=2, total=200), Reason.FEW_DONE, None),
        (grown(), Reason.GROWING, TEN - HOUR),
        (resting(), Reason.QUIET, TEN),
    ],
)
def test_silence_has_its_reason_and_its_beginning(
    series: Series, reason: Reason, since: float | None
):
    now = series.at[-1] + 1 if len(series.at) else MONDAY
    found = silence_of(series, now)
    assert (found.reason, found.since) == (reason, since)


def test_a_batch_that_may_have_ended_unseen_has_no_range():
    found = silence_of(RUNNING, TEN + 60 * HOUR)
    assert (found.reason, found.since) == (Reason.NOT_WATCHED, TEN)


def grew(total: float) -> Series:
    """Half of the tasks came when half of the first ones were done."""
    series = steady_series(hours=100, speed=10, total=total)
    first = np.where(series.completed < 0.25 * total, 0.5 * total, total)
    return ended(replace(series, total=first, pending=first - series.completed))


def test_a_batch_of_a_project_whose_batches_grew_has_no_range_until_it_grew_too():
    past = [replay(grew(1000), project="p") for _ in range(3)]
    rhythm = rhythm_of([])
    early = steady_series(hours=8, speed=10, total=500)
    found = estimate(early, now=MONDAY + 8 * HOUR, rhythm=rhythm, replays=past, project="p")
    assert isinstance(found, Silence)
    assert found.reason == Reason.GROWING
    late = steady_series(hours=50, speed=10, total=1000)
    now = MONDAY + 50 * HOUR
    found = estimate(late, now=now, rhythm=rhythm, replays=past, project="p")
    assert not isinstance(found, Silence)


def test_a_silent_batch_still_has_its_speeds():
    assert silence_of(resting(), TEN + 25 * HOUR).speeds.usual == pytest.approx(10, rel=0.8)


@pytest.mark.parametrize("hours", [2, 6, 26, 77])
def test_a_quiet_begins_at_the_last_completion_however_many_samples_there_are(hours: int):
    at = MONDAY + np.arange(0, 40 * HOUR, MINUTE)
    at = np.append(at, at[-1] + np.arange(1, 4 * hours + 1) * 15 * MINUTE)
    stop = MONDAY + 38 * HOUR
    series = series_of(at, np.floor((np.minimum(at, stop) - MONDAY) / HOUR * 60), 9000)
    found = silence_of(series, float(at[-1]) + 1)
    assert (found.reason, found.since) == (Reason.QUIET, stop)


def test_a_quiet_begins_again_when_tasks_arrive():
    series = resting()
    came = TEN + 15 * HOUR
    total = np.where(series.at < came, 200.0, 201.0)
    found = silence_of(replace(series, total=total), float(series.at[-1]) + 1)
    assert (found.reason, found.since) == (Reason.QUIET, came)
