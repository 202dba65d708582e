"""Scores the stall alarm over whole lives of batches: false alarms, stalls found, and when."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import process_time
from typing import TypeAlias

import numpy as np

from batches.services.forecast.stall import Quiet
from batches.services.forecast.types import Context, Floats, Series
from tests.backtest.accounts import Account, Batch
from tests.backtest.clock import DAY, HOUR, STEP
from tests.backtest.moments import context_of
from tests.backtest.watching import IN_PROGRESS, until

CheckStall: TypeAlias = Callable[[Series, float, Context], Quiet | None]
SHORTEST = HOUR  # no alarm is expected before
# A quiet grows less and less usual: where none of these is an alarm, no other moment is.
PROBES = (0.4,)
WATCHED = 7 * DAY  # a stall for ever is watched for so long
SURELY = 8  # hours in which people usually work, in a stall that should be found


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the alarm did over the life of a batch.

    weeks: in progress and not stalled. false: when it was wrong. is_stalled: whether there was a
    stall that should be found. delay: seconds from its begin to the alarm; None: not found.
    """

    kind: str
    weeks: float
    false: tuple[float, ...]
    is_stalled: bool
    delay: float | None
    checks: int
    milliseconds: float


def watch_stalls(account: Account, check: CheckStall) -> Iterator[Watch]:
    for batch in account.batches:
        if batch.is_scored:
            yield _watch(account, batch, check)


def _watch(account: Account, batch: Batch, check: CheckStall) -> Watch:
    truth, cost, checks = batch.truth, 0.0, 0
    stalls = [*account.outages.tolist(), *([truth.stall] if truth.stall else [])]
    false, delay = [], None
    for since, last in _quiets(batch):
        in_stall = any(
            start - 2 * STEP <= since + 1 and last > start and since < end for start, end in stalls
        )
        found, spent = _first_alarm(account, batch, check, _moments(since, last))
        checks, cost = checks + spent[0], cost + spent[1]
        if found is None:
            continue
        if truth.stall and truth.stall[0] <= found <= truth.stall[1] and last > truth.stall[0]:
            delay = found - truth.stall[0] if delay is None else delay
        elif not in_stall:
            false.append(found)
    last_seen = min(truth.end, float(batch.series.at[-1]))
    life = min(
        last_seen, truth.stall[0] if truth.stall and not np.isfinite(truth.end) else last_seen
    )
    return Watch(
        kind=batch.kind,
        weeks=(life - truth.opened_at) / (7 * DAY),
        false=tuple(false),
        is_stalled=truth.stall is not None and _work_hours(account, truth.stall) >= SURELY,
        delay=delay,
        checks=checks,
        milliseconds=1000 * cost,
    )


def _quiets(batch: Batch) -> Iterator[tuple[float, float]]:
    """(begin, last sample) of each time of over an hour in which no count changed."""
    series = batch.series
    done = series.total - series.pending
    moved = np.flatnonzero((np.diff(done) != 0) | (np.diff(series.total) > 0)) + 1
    began = int(np.argmax(series.status == IN_PROGRESS))
    places = np.unique(np.append(began, moved[moved > began]))
    lasts = np.append(places[1:] - 1, len(series.at) - 1)
    for first, last in zip(places.tolist(), lasts.tolist(), strict=True):
        since, end = float(series.at[first]), float(series.at[last])
        if batch.truth.stall and not np.isfinite(batch.truth.end):
            end = min(end, batch.truth.stall[0] + WATCHED)
        if end - since > SHORTEST:
            yield since, end


def _first_alarm(
    account: Account, batch: Batch, check: CheckStall, moments: Floats
) -> tuple[float | None, tuple[int, float]]:
    """When the alarm came first, if it came; checks made and seconds of a core."""
    begun, checks = process_time(), 0

    def is_alarm(now: float) -> bool:
        nonlocal checks
        checks += 1
        found = check(until(batch.series, now), now, context_of(account, batch, now))
        return found is not None and found.is_stalled

    probes = moments[[-1, *(len(moments) * np.array(PROBES)).astype(int)]]
    alarm = None
    if any(is_alarm(float(now)) for now in probes):
        alarm = next((float(now) for now in moments if is_alarm(float(now))), None)
    return alarm, (checks, process_time() - begun)


def _moments(since: float, last: float) -> Floats:
    """Every quarter of an hour at first, then every hour, then every three."""
    parts = [
        np.arange(since + SHORTEST, since + 8 * HOUR, HOUR / 4),
        np.arange(since + 8 * HOUR, since + 2 * DAY, HOUR),
        np.arange(since + 2 * DAY, max(last, since + 2 * DAY), 3 * HOUR),
    ]
    found = np.concatenate(parts)
    return np.append(found[found < last], last)


def _work_hours(account: Account, stall: tuple[float, float]) -> float:
    cells = account.at[:-1]
    inside = (cells >= stall[0]) & (cells < min(stall[1], stall[0] + WATCHED))
    return float((account.usual[inside] >= 0.3).sum() * STEP / HOUR)
