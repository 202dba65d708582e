"""How fast a batch is worked on, in tasks an hour of work, under each possible week."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.tidy import Course
from batches.services.forecast.types import Floats
from batches.services.forecast.work_time import WorkClock

RECENT_SHARE = 0.3  # of what is done is recent
RECENT_WEIGHT = 0.65
PAST_TASKS = 5.0  # the project's past speed counts as so many tasks
POINTS = 400  # of a course are enough for speeds
CHANGE_TASKS = 10.0  # finished since a change of priority until only these count by half
CHANGE_HOURS = 0.5  # of work since, likewise
NOT_WORKED = (1, 3)  # staging and paused


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A course in work time. worked: (weeks, n) hours of work so far; finished: (n,) from 0."""

    at: Floats
    worked: Floats
    finished: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """(weeks,) tasks an hour of work. blend: what the estimate counts with.

    lean: log of recent / whole. apart: log of blend / the project's past, 0 without one.
    since_change: tasks finished since the last known change of priority, None without one.
    told: from 0 to 1: how much of what a change does can be seen by now.
    """

    recent: Floats
    whole: Floats
    blend: Floats
    lean: Floats
    apart: Floats
    since_change: float | None
    told: float = 0.0


def worked_course(course: Course, clock: WorkClock) -> Worked:
    """Time in staging or paused is no work time."""
    kept = _some_points(course)
    hours = (
        clock.hours(course.at)[:, kept]
        if len(kept) == len(course.at)
        else clock.hours(course.at[kept])
    )
    active = ~np.isin(course.status[kept][:-1], NOT_WORKED)
    zero = np.zeros((len(hours), 1))
    worked = np.concatenate([zero, np.cumsum(np.diff(hours, axis=1) * active, axis=1)], axis=1)
    finished = np.concatenate([[0.0], np.cumsum(course.steps)])[kept]
    return Worked(at=course.at[kept], worked=worked, finished=finished)


def pace_of(work: Worked, past: float | None, changes: Sequence[float] = ()) -> Pace:
    """past: the project's speed, in tasks an hour of work."""
    done, hours = work.finished[-1], np.maximum(work.worked[:, -1], 1e-3)
    own = (done + 0.5) / hours
    prior = np.full(len(own), past) if past else own
    whole = shrunk(done, hours, prior)
    since = (1.0 - RECENT_SHARE) * done
    recent = shrunk(done - since, hours - _worked_at(work, since), whole)
    blend = blend_of(recent, whole)
    number, told, blend = _since_change(work, blend, changes)
    return Pace(
        recent=recent,
        whole=whole,
        blend=blend,
        lean=np.log(recent / whole),
        apart=np.log(own / prior),
        since_change=number,
        told=told,
    )


def blend_of(recent: Floats, whole: Floats) -> Floats:
    return np.exp(RECENT_WEIGHT * np.log(recent) + (1 - RECENT_WEIGHT) * np.log(whole))


def shrunk(tasks: float | Floats, hours: Floats, prior: Floats) -> Floats:
    """Tasks an hour of work, shrunk to an earlier speed."""
    found: Floats = (tasks + PAST_TASKS) / (np.maximum(hours, 1e-3) + PAST_TASKS / prior)
    return found


def _worked_at(work: Worked, finished: float) -> Floats:
    return np.array([np.interp(finished, work.finished, row) for row in work.worked])


def _since_change(
    work: Worked, blend: Floats, changes: Sequence[float]
) -> tuple[float | None, float, Floats]:
    inside = [one for one in changes if work.at[0] < one < work.at[-1]]
    if not inside:
        return None, 0.0, blend
    before = np.array([np.interp(max(inside), work.at, row) for row in work.worked])
    number = float(work.finished[-1] - np.interp(max(inside), work.at, work.finished))
    hours = work.worked[:, -1] - before
    speed = shrunk(number, hours, blend)
    # a few quick tasks in a few minutes are chance
    seen = hours / (hours + CHANGE_HOURS)
    weight = seen * number / (number + CHANGE_TASKS)
    blend = np.exp(weight * np.log(speed) + (1 - weight) * np.log(blend))
    return number, float(seen.mean()), blend


def _some_points(course: Course) -> NDArray[np.int64]:
    """Places of samples, evenly spread over time and over what was finished."""
    if len(course.at) <= POINTS:
        return np.arange(len(course.at))
    half = POINTS // 2
    times = np.searchsorted(course.at, np.linspace(course.at[0], course.at[-1], half))
    done = np.cumsum(course.steps)
    counts = np.searchsorted(done, np.linspace(0, done[-1], half))
    # a quiet begins at the last completion, whatever other samples are kept
    last = int(np.flatnonzero(course.steps > 0)[-1]) + 1 if done[-1] > 0 else 0
    return np.unique(np.concatenate([times, counts, [0, last, len(course.at) - 1]]))
