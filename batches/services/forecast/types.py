"""What goes into an estimate, and what comes out. Times are epoch seconds, UTC."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.reasons import Reason

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The samples of one batch, one number a sample in each array, in order of time.

    completed, error, cancelled, pending, total: tasks; nan where not known.
    status: codes of `models.samples.STATUS_CODES`: 1 staging, 2 in progress, 3 paused,
        4 completed, 5 cancelled, 0 any other.
    """

    at: Floats
    status: NDArray[np.int64]
    completed: Floats
    error: Floats
    cancelled: Floats
    pending: Floats
    total: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Why there is no range. since: when the reason began, None where it has no beginning."""

    reason: Reason
    since: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """low, mid, high: the 10 %, 50 % and 90 % quantile of the end. Each is later than now."""

    low: float
    mid: float
    high: float
