"""Scores *left in staging* on batches that wait to be started, and some that are forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from batches.services.forecast.rhythm import cells_of, rhythm_of
from batches.services.forecast.staging import staged_of, time_in_staging
from batches.services.forecast.types import Floats, Rhythm, Series
from tests.backtest.accounts import Account
from tests.backtest.clock import DAY, HOUR
from tests.backtest.moments import simulated_accounts
from tests.backtest.watching import STAGING

Rng = np.random.Generator
BATCHES = 12  # of a project, one after the other
FORGOTTEN = 0.15  # of them are never started
WATCHED = 10 * DAY
EVERY = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A batch in staging. weeks: until it was started. false: the alarm came before that.

    delay: seconds from its usual start to the alarm, of a forgotten one; None: not found.
    """

    weeks: float
    is_forgotten: bool
    is_false: bool
    delay: float | None


def watch_staging(seed: int, accounts: int = 60) -> Iterator[Wait]:
    for number, (account, rng) in enumerate(simulated_accounts(seed)):
        if number >= accounts:
            return
        # what its batches showed of the hours in which people work
        rhythm = rhythm_of([cells_of(one.series) for one in account.batches[:4]])
        yield from _project(account, rhythm, rng)


def _project(account: Account, rhythm: Rhythm, rng: Rng) -> Iterator[Wait]:
    usual = float(np.exp(rng.uniform(np.log(0.5), np.log(72)))) * HOUR
    past: list[float] = []
    for number in range(BATCHES):
        created = account.at[0] + (10 + number * 7) * DAY + rng.uniform(0, DAY)
        fills = np.sort(created + rng.uniform(0, usual, rng.integers(1, 6)))
        waits = usual * rng.lognormal(0, 0.5)
        start = _in_working_time(account, float(fills[-1]) + waits)
        is_forgotten = bool(rng.random() < FORGOTTEN)
        yield _watch(created, fills, start, is_forgotten, rhythm, past)
        if not is_forgotten:
            series = _series(created, fills, start, start + HOUR)
            past.append(time_in_staging(series, created_at=created) or 0.0)


def _watch(
    created: float,
    fills: Floats,
    start: float,
    is_forgotten: bool,
    rhythm: Rhythm,
    past: list[float],
) -> Wait:
    last = start + WATCHED if is_forgotten else start
    never = last + DAY
    moments = np.arange(created + HOUR, last, EVERY)
    alarm = next(
        (
            now
            for now in moments.tolist()
            if (
                found := staged_of(
                    _series(created, fills, never, now),
                    now=now,
                    created_at=created,
                    rhythm=rhythm,
                    past=past,
                    staging_hours=24.0,
                )
            )
            and found.is_left
        ),
        None,
    )
    return Wait(
        weeks=(start - created) / (7 * DAY),
        is_forgotten=is_forgotten,
        is_false=alarm is not None and alarm < start,
        delay=max(0.0, alarm - start) if is_forgotten and alarm is not None else None,
    )


def _series(created: float, fills: Floats, start: float, now: float) -> Series:
    at = np.arange(created, now + 1, HOUR / 2)
    total: Floats = np.searchsorted(fills, at, "right").astype(np.float64)
    nothing = np.zeros(len(at))
    return Series(
        at=at,
        status=np.where(at < start, STAGING, 2),
        completed=nothing,
        error=nothing,
        cancelled=nothing,
        pending=total,
        total=total,
    )


def _in_working_time(account: Account, at: float) -> float:
    """The next time at which people of the account work."""
    place = int(np.searchsorted(account.at, at))
    later = np.flatnonzero(account.rate[place:] > 0.3)
    return float(account.at[place + later[0]]) if len(later) else at
