"""What goes into an estimate, and what comes out. Times are epoch seconds, UTC."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.reasons import Reason

Floats: TypeAlias = NDArray[np.float64]

HOURS_A_WEEK = 168


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
class Cells:
    """What one batch shows of the hours in which people work. To be stored with the batch.

    finished: (168,) tasks finished in each hour of the week, Monday 0:00 UTC first, where it was
        watched. A busy hour counts for less: its tasks come together, not one by one.
    expected: (168,) what would have been finished had all hours been alike, weighted likewise.
    """

    finished: Floats
    expected: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What is known of the hours in which the batches of an account are worked on.

    weights: (168,) the expected rate in each hour of the week, 1.0 is the mean: for the page.
    chances: (templates,) how likely each template of `templates.TEMPLATES` is, as logarithms.
    finished, expected: (168,) sums of the cells, with the batches' different speeds levelled out.
    """

    weights: Floats
    chances: Floats
    finished: Floats
    expected: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Where a finished batch stood at 12 shares of its tasks. To be stored with the batch.

    From this its speed and the errors of estimates follow under any rhythm, see `past`.
    began: first sample in progress. ended: when the last task was finished. Epoch seconds.
    tasks: finished in its whole life, those that came back counted again.
    at: (12,) when a share was done. recent: (12,) when 70 % of that had been done.
    done, left: (12,) tasks finished and left, as it was known then; nan where it had ended, or
        where fewer than 3 samples were there.
    grew: (12,) log of (tasks of the batch at its end / at that share), never below 0.
    """

    project: str
    began: float
    ended: float
    tasks: float
    at: Floats
    recent: Floats
    done: Floats
    left: Floats
    grew: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Tasks finished in an hour; None where no one watched, or nothing is known.

    last_hour: in the last watched hour, or since the first look in progress where that is less.
    seconds: how long that is; None where nobody looks now.
    usual: in an hour in which people work as usual.
    low, high: the range of `usual` from day to day, 8 days in 10.
    is_of_project: too little is done of this batch: usual, low and high are those of earlier ones.
    priority_at: the change of priority that makes them differ from before, epoch seconds.
    """

    last_hour: float | None = None
    seconds: float | None = None
    usual: float | None = None
    low: float | None = None
    high: float | None = None
    is_of_project: bool = False
    priority_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Why there is no range. since: when the reason began, None where it has no beginning."""

    reason: Reason
    since: float | None = None
    speeds: Speeds = field(default_factory=Speeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """low, mid, high: the 10 %, 50 % and 90 % quantile of the end. Each is later than now."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A range and what stands behind it.

    path: (points, 4), at most 60 points from the newest sample to the late end: epoch seconds,
        and tasks finished by then: low, mid, high.
    """

    range: Range
    speeds: Speeds
    path: Floats


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
