"""Samples of batches, made by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.types import Series

MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
STAGING, IN_PROGRESS, PAUSED, COMPLETED, CANCELLED = 1, 2, 3, 4, 5


def series_of(
    at: NDArray[Any], completed: NDArray[Any], total: float, status: int = IN_PROGRESS
) -> Series:
    """Batch of `total` tasks, none of which failed. at: epoch seconds."""
    at, completed = at.astype(np.float64), completed.astype(np.float64)
    nothing = np.zeros_like(at)
    return Series(
        at=at,
        status=np.full(len(at), status, np.int64),
        completed=completed,
        error=nothing,
        cancelled=nothing,
        pending=total - completed,
        total=nothing + total,
    )


def steady_series(*, hours: float, speed: float, total: float, since: float = MONDAY) -> Series:
    """A sample every ten minutes; `speed` tasks an hour, all day and night."""
    at = since + np.arange(0.0, hours * HOUR + 1, 10 * MINUTE)
    return series_of(at, np.minimum(np.floor((at - since) / HOUR * speed), total), total)


def office_series(*, days: float, a_day: float, total: float, since: float = MONDAY) -> Series:
    """`a_day` tasks from 8:00 to 16:00 UTC, Monday to Friday. since: any midnight of a Monday."""
    at = since + np.arange(0.0, days * DAY + 1, 10 * MINUTE)
    day, second = np.divmod(at - since, DAY)
    work = np.clip((second / HOUR - 8) / 8, 0, 1) * (day % 7 < 5)
    before = day // 7 * 5 + np.minimum(day % 7, 5)
    return series_of(at, np.minimum(np.floor((before + work) * a_day), total), total)


def ended(series: Series, status: int = COMPLETED) -> Series:
    """The same with its last sample in a final status."""
    statuses = series.status.copy()
    statuses[-1] = status
    return replace(series, status=statuses)
