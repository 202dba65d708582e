"""What a page shows of an estimate."""

from dataclasses import dataclass
from datetime import datetime

from batches.services.forecast.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEstimate:
    """A range or a reason, never both.

    at: when it was computed. as_of: the newest sample in it.
    low, mid, high: the end is between low and high 8 times in 10.
    since: when the reason began, where it has a beginning.
    speed: tasks finished in the last watched hour. usual_speed: in a usual hour of work.
    low_speed, high_speed: the range of it that the estimate stands on. All per hour.
    speed_seconds: of the last hour, how much of it was after the first look in progress.
    is_of_project: all but `speed` are those of earlier batches of the project.
    priority_at: the change of priority from which on the speeds are told.
    path: tasks finished at times to come: (epoch seconds, low, mid, high).
    """

    at: datetime
    as_of: datetime
    low: datetime | None = None
    mid: datetime | None = None
    high: datetime | None = None
    reason: Reason | None = None
    since: datetime | None = None
    speed: float | None = None
    speed_seconds: int | None = None
    usual_speed: float | None = None
    low_speed: float | None = None
    high_speed: float | None = None
    is_of_project: bool = False
    priority_at: datetime | None = None
    path: tuple[tuple[int, float, float, float], ...] = ()
