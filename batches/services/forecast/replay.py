"""What a finished batch leaves: where it stood at 12 shares, as it was known then."""

import numpy as np

from batches.services.forecast.speed import NOT_WORKED, RECENT_SHARE
from batches.services.forecast.tidy import Course, tidy
from batches.services.forecast.types import Floats, Replay, Series

SHARES = np.array([0.03, 0.08, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92, 0.97])
SAMPLES = 3  # fewer say nothing


def replay(series: Series, *, project: str) -> Replay:
    """series: a batch from its first sample to the one that saw it complete."""
    course = tidy(series)
    if len(course.at) < SAMPLES or course.finished[-1] <= 0:
        return _nothing(project, course)
    gained = np.concatenate([[0.0], np.cumsum(course.steps)])
    ended = ended_at(course)
    highest = np.maximum.accumulate(course.finished)
    last = np.searchsorted(highest, SHARES * course.total[-1])
    last = np.minimum(last, len(course.at) - 1)
    at, done = course.at[last], gained[last]
    left = (course.total - course.finished)[last]
    known = (last + 1 >= SAMPLES) & (at < ended) & (left > 0)
    return Replay(
        project=project,
        began=_began(course),
        ended=ended,
        tasks=float(gained[-1]),
        at=at,
        recent=np.interp((1 - RECENT_SHARE) * done, gained, course.at),
        done=np.where(known, done, np.nan),
        left=np.where(known, left, np.nan),
        grew=np.maximum(np.log(course.total[-1] / np.maximum(course.total[last], 1.0)), 0.0),
    )


def ended_at(course: Course) -> float:
    """When the last task was finished."""
    return float(course.at[int(np.argmax(course.finished >= course.finished[-1]))])


def _began(course: Course) -> float:
    """The first sample in which it was worked on. Later pauses are seldom, and count as work."""
    return float(course.at[int(np.argmin(np.isin(course.status, NOT_WORKED)))])


def _nothing(project: str, course: Course) -> Replay:
    at = float(course.at[-1]) if len(course.at) else 0.0
    unknown: Floats = np.full(len(SHARES), np.nan)
    times = np.full(len(SHARES), at)
    return Replay(
        project=project,
        began=at,
        ended=at,
        tasks=0.0,
        at=times,
        recent=times,
        done=unknown,
        left=unknown,
        grew=np.zeros(len(SHARES)),
    )
