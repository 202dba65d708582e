"""Whether a batch was left in staging: nobody adds tasks to it, and nobody starts it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from batches.services.forecast.types import Rhythm, Series
from batches.services.forecast.work_time import HOUR, WorkClock

STAGING = 1
UNCHANGED = 12 * HOUR  # tasks are added for days, with nights between
LONGER = 1.5  # times what is usual in the project
RARELY = 0.95  # quantile of past times in staging
FEW, FEW_TIMES = 4, 1.5  # so few past times tell little of what is rare
WORK_HOURS = 4.0  # of the account: nobody starts a batch at the weekend


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A batch in staging. since: when it was made; unchanged_since: its total; epoch seconds.

    usual: seconds after which it counts as left. is_filling: tasks were added not long ago.
    """

    since: float
    unchanged_since: float
    usual: float
    is_filling: bool
    is_left: bool


def staged_of(
    series: Series,
    *,
    now: float,
    created_at: float,
    rhythm: Rhythm,
    past: Sequence[float] = (),
    staging_hours: float,
) -> Staged | None:
    """What a batch in staging waits for; None for others, and before its first sample.

    past: seconds that earlier batches of the project were in staging, see `time_in_staging`.
    staging_hours: the setting; a batch is not called left before.
    """
    if not len(series.at) or series.status[-1] != STAGING:
        return None
    unchanged = _unchanged_since(series, created_at)
    usual = max(staging_hours * HOUR, LONGER * _rare(past))
    is_filling = now - unchanged < UNCHANGED
    clock = WorkClock.of(rhythm.weights[None])
    begin, end = clock.hours(np.array([unchanged, now]))[0]
    is_left = not is_filling and now - created_at > usual and end - begin >= WORK_HOURS
    return Staged(
        since=created_at,
        unchanged_since=unchanged,
        usual=usual,
        is_filling=is_filling,
        is_left=bool(is_left),
    )


def time_in_staging(series: Series, *, created_at: float) -> float | None:
    """Seconds from creation to the first sample out of staging; None if it was not seen there."""
    staged = series.status == STAGING
    if not staged.any() or staged.all():
        return None
    return float(series.at[int(np.argmax(~staged))] - created_at)


def _unchanged_since(series: Series, created_at: float) -> float:
    known = np.flatnonzero(np.isfinite(series.total))
    changes = np.flatnonzero(np.diff(series.total[known]) != 0)
    # what was there at the first look may have been added at any time before
    return float(series.at[known[changes[-1] + 1]]) if len(changes) else created_at


def _rare(past: Sequence[float]) -> float:
    """A time in staging that few batches have; more than the longest where few are known."""
    if not len(past):
        return 0.0
    return float(FEW_TIMES * max(past) if len(past) < FEW else np.quantile(past, RARELY))
