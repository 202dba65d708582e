"""Scores all alarms over whole lives of batches, as one table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import numpy as np

from tests.backtest.accounts import Account
from tests.backtest.alarm_adapter import check_stall
from tests.backtest.clock import HOUR
from tests.backtest.figures import Figure
from tests.backtest.kinds import KINDS, Kind
from tests.backtest.moments import simulated_accounts
from tests.backtest.real import KIND as REAL
from tests.backtest.real import real_accounts
from tests.backtest.rises import Rise, watch_rises
from tests.backtest.staging import Wait, watch_staging
from tests.backtest.stalls import Watch, watch_stalls

AnyAlarm = TypeVar("AnyAlarm", Watch, Rise, Wait)


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the alarms did, a batch an entry."""

    stalls: list[Watch] = field(default_factory=list)
    rises: list[Rise] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)


def watch_all(
    seed: int, kinds: Sequence[Kind] = KINDS, batches: int = 40, projects: int = 60
) -> Alarms:
    found = Alarms()
    simulated = (account for account, _ in simulated_accounts(seed, kinds, batches))
    real = real_accounts() if kinds == KINDS else []
    for account in chain(simulated, real):
        _watch(account, found)
    found.waits.extend(watch_staging(seed, projects))
    return found


def _watch(account: Account, found: Alarms) -> None:
    found.stalls.extend(watch_stalls(account, check_stall))
    found.rises.extend(watch_rises(account))


def alarm_figures(alarms: Alarms) -> Iterator[Figure]:
    stalls = [one for one in alarms.stalls if one.kind != REAL]
    real = [one for one in alarms.stalls if one.kind == REAL]
    delays = [one.delay for one in stalls if one.is_stalled]
    yield _rate("stalls: false a batch-week", stalls, lambda one: len(one.false), (0, 0.05))
    yield _rate("stalls: false a batch-week, real", real, lambda one: len(one.false), None)
    yield from _found("stalls", delays, holds=True)
    spent = sum(one.milliseconds for one in stalls) / max(1, sum(one.checks for one in stalls))
    yield Figure(name="a core's time, stall", value=spent, holds=(0, 6), aim=(0, 2), unit="ms")
    yield _rate("errors growing: false a batch-week", alarms.rises, lambda one: one.is_false, None)
    yield from _found("errors growing", [r.delay for r in alarms.rises if r.is_rising], holds=False)
    yield _rate("left in staging: false a batch-week", alarms.waits, lambda one: one.is_false, None)
    waits = [one.delay for one in alarms.waits if one.is_forgotten]
    yield from _found("left in staging", waits, holds=False)


def _rate(
    name: str,
    found: Sequence[AnyAlarm],
    false: Callable[[AnyAlarm], int],
    holds: tuple[float, float] | None,
) -> Figure:
    weeks = sum(one.weeks for one in found)
    value = sum(false(one) for one in found) / weeks if weeks else np.nan
    aim = (0, 0.015) if holds else (0, np.inf)
    return Figure(name=name, value=value, holds=holds or (0, np.inf), aim=aim)


def _found(name: str, delays: Sequence[float | None], *, holds: bool) -> Iterator[Figure]:
    """delays: seconds; None where it was not found."""
    seen = [one / HOUR for one in delays if one is not None]
    share = 100 * len(seen) / len(delays) if delays else np.nan
    limits = ((70, 100), (90, 100)) if holds else ((0, np.inf), (0, np.inf))
    yield Figure(
        name=f"{name}: found of {len(delays)}",
        value=share,
        holds=limits[0],
        aim=limits[1],
        unit="%",
    )
    delay = float(np.median(seen)) if seen else np.nan
    limits = ((0, 10), (0, 5)) if holds else ((0, np.inf), (0, np.inf))
    yield Figure(
        name=f"{name}: median delay", value=delay, holds=limits[0], aim=limits[1], unit="h"
    )
