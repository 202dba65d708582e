"""When to say nothing rather than a range."""

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.features import UNEVEN
from batches.services.forecast.outlook import Outlook
from batches.services.forecast.reasons import Reason
from batches.services.forecast.tidy import ENDED, Course
from batches.services.forecast.types import Floats, Silence
from batches.services.forecast.unevenness import moved_at, quiet_hours

STAGING, PAUSED = 1, 3
FEW_DONE, FEW_SIBLINGS, FEW_SAMPLES = 3, 2, 3
GROWN = 0.01  # of the total, within the last hours
TO_COME = 0.08  # log of the growth that the project's other batches make likely from here on
LATE = 1.2  # times the longest time between two arrivals of tasks: no more come then
HOUR = 3600.0
EXPECTED_QUIET = 2.4  # tasks that would have been finished since, for silence
FAR_APART, FAR_APART_WORK = 22.0, 8.0


def before_looking(course: Course, siblings: int) -> Silence | None:
    """Reasons that need no rhythm."""
    if len(course.at) == 0:
        return Silence(reason=Reason.FEW_SAMPLES)
    since = _status_since(course)
    by_status = {STAGING: Reason.NOT_STARTED, PAUSED: Reason.PAUSED}
    by_status |= dict.fromkeys(ENDED, Reason.ENDED)
    if reason := by_status.get(int(course.status[-1])):
        return Silence(reason=reason, since=since)
    if course.left <= 0:
        return Silence(reason=Reason.NOTHING_LEFT, since=_full_since(course))
    if len(course.at) < FEW_SAMPLES:
        return Silence(reason=Reason.FEW_SAMPLES)
    if course.finished[-1] < FEW_DONE and siblings < FEW_SIBLINGS:
        return Silence(reason=Reason.FEW_DONE)
    return _growing(course)


def _status_since(course: Course) -> float:
    same = course.status == course.status[-1]
    return (
        float(course.at[len(same) - int(np.argmin(same[::-1]))])
        if not same.all()
        else float(course.at[0])
    )


def _full_since(course: Course) -> float:
    full = np.flatnonzero(course.finished < course.total)
    return float(course.at[full[-1] + 1]) if len(full) else float(course.at[0])


def _growing(course: Course) -> Silence | None:
    """since: when it began to grow."""
    now, grows = course.at[-1], np.flatnonzero(_grown(course)) + 1
    window = max(3 * HOUR, 0.25 * (now - course.at[0]), _between(course.at[grows]))
    before = course.total[np.searchsorted(course.at, now - window)]
    if course.total[-1] <= before * (1 + GROWN):
        return None
    return Silence(reason=Reason.GROWING, since=float(course.at[grows[0]]) if len(grows) else None)


def _grown(course: Course) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.diff(course.total) > GROWN * course.total[-1]
    return found


def _between(times: Floats) -> float:
    """How long to wait for more tasks, where they came several times."""
    return LATE * float(np.max(np.diff(times))) if len(times) > 2 else 0.0


def while_looking(seen: Outlook, course: Course) -> Silence | None:
    """Quiet though work is expected."""
    work, pace = seen.work, seen.pace
    since = quiet_hours(course, work)
    if seen.to_come > TO_COME:
        return Silence(reason=Reason.GROWING)
    missed = float(seen.chances @ (since * pace.blend / (1.0 + 3.0 * _uneven(seen) ** 2)))
    last = moved_at(course)
    if missed > EXPECTED_QUIET and work.at[-1] - last > HOUR:
        return Silence(reason=Reason.QUIET, since=last)
    return None


def _uneven(seen: Outlook) -> Floats:
    return seen.features[:, UNEVEN]


def is_unsure(seen: Outlook, low: float, high: float, now: float) -> bool:
    """Ends far apart in time, and in work time too: a night between them is no doubt."""
    at = np.array([now, low, high])
    hours = seen.chances @ seen.clock.hours(at)
    apart = (high - now) / max(low - now, 60.0)
    work = (hours[2] - hours[0]) / max(hours[1] - hours[0], 0.02)
    return bool(apart > FAR_APART and work > FAR_APART_WORK)
