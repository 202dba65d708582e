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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class PastBatch:
    """Another batch of the same key. One object stands for one finished batch: keep what was
    computed of it by the object.

    created_at: when it was made. prioritized_at: when its priority was changed, in order.
    """

    project: str
    created_at: float
    series: Series
    prioritized_at: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Context:
    """What is known now of a batch beside its samples, and of its account.

    project, created_at, prioritized_at: of the batch itself, as in `PastBatch`.
    finished: batches seen completed, whole; open: the others, with their samples until now.
    """

    project: str
    created_at: float
    prioritized_at: tuple[float, ...] = ()
    finished: tuple[PastBatch, ...] = ()
    open: tuple[PastBatch, ...] = ()
