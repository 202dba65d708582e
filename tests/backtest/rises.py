"""Scores the alarm *errors growing* over whole lives of batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time

import numpy as np

from batches.services.forecast.errors import error_rise_of, errors_in
from batches.services.forecast.types import Floats
from tests.backtest.accounts import Account, Batch
from tests.backtest.batches import ERROR
from tests.backtest.clock import DAY, HOUR
from tests.backtest.moments import context_of
from tests.backtest.watching import until

EVERY = HOUR / 2
FEW = 10  # errors that follow: a rise with fewer cannot be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """What the alarm did over the life of a batch. delay: seconds from the rise; None: not found.

    missed: tasks settled from the rise to the alarm.
    """

    kind: str
    weeks: float
    is_false: bool
    is_rising: bool
    delay: float | None
    missed: int
    checks: int
    milliseconds: float


def watch_rises(account: Account) -> Iterator[Rise]:
    for batch in account.batches:
        if batch.is_scored and not np.isnan(batch.series.error).all():
            yield _watch(account, batch)


def _watch(account: Account, batch: Batch) -> Rise:
    truth, begun, checks, alarm = batch.truth, process_time(), 0, None
    for now in _moments(batch).tolist():
        finished = context_of(account, batch, now).finished
        past = [errors_in(one.series) for one in finished if one.project == truth.project]
        checks += 1
        if error_rise_of(until(batch.series, now), past=past):
            alarm = now
            break
    spent = 1000 * (process_time() - begun)
    rise = truth.errors_grow
    is_false = alarm is not None and (rise is None or alarm < rise)
    life = min(one for one in (rise, alarm, batch.series.at[-1], _last(batch)) if one is not None)
    found = None if alarm is None or is_false or rise is None else alarm - rise
    return Rise(
        kind=batch.kind,
        weeks=max(0.0, float(life) - truth.opened_at) / (7 * DAY),
        is_false=is_false,
        is_rising=rise is not None and not is_false and _errors_after(batch, rise) >= FEW,
        delay=found,
        missed=0 if found is None or rise is None else _settled(batch, rise, float(alarm or 0)),
        checks=checks,
        milliseconds=spent,
    )


def _moments(batch: Batch) -> Floats:
    """Times at which there is a new error: at others nothing can be found."""
    series = batch.series
    new = series.at[1:][np.diff(np.nan_to_num(series.error)) > 0]
    return new[np.append(True, np.diff(new // EVERY) > 0)] if len(new) else new


def _errors_after(batch: Batch, rise: float) -> int:
    after = (batch.truth.at > rise) & np.isfinite(batch.truth.at)
    return int((batch.truth.ends_as[after] == ERROR).sum())


def _last(batch: Batch) -> float:
    return float(batch.truth.at[np.isfinite(batch.truth.at)][-1])


def _settled(batch: Batch, since: float, until_then: float) -> int:
    return int(((batch.truth.at > since) & (batch.truth.at <= until_then)).sum())
