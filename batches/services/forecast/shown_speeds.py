"""The speeds that a page shows beside an estimate, in tasks an hour by the clock."""

import numpy as np

from batches.services.forecast.outlook import Outlook
from batches.services.forecast.tidy import GAP, Course
from batches.services.forecast.types import Floats, Speeds

HOUR, DAY = 3600.0, 86_400.0
SEEN = 0.5  # of the last hour must have been watched
WORK_HOURS = 1.0  # of a day, at least, for its speed to count
DAYS = 14  # newest ones


def speeds_of(course: Course, seen: Outlook, now: float) -> Speeds:
    """None for each that no one has watched."""
    if not course.watched.any():
        return Speeds()
    busy = _busy_hour(seen.rhythm.weights)
    usual = float(seen.chances @ seen.pace.blend) * busy
    days = _by_day(seen) * busy
    low, high = np.quantile(days, [0.1, 0.9]) if len(days) > 1 else (usual, usual)
    return Speeds(
        last_hour=_last_hour(course, now),
        usual=usual,
        low=min(float(low), usual),
        high=max(float(high), usual),
    )


def _busy_hour(weights: Floats) -> float:
    """Work hours in an hour in which people work as usual: the mean over what is worked."""
    return float((weights**2).sum() / weights.sum())


def _last_hour(course: Course, now: float) -> float | None:
    since, until = course.at[-1] - HOUR, course.at[-1]
    if now - until > GAP:
        return None
    inside = course.watched & (course.at[1:] > since)
    begins, ends = np.maximum(course.at[:-1], since), course.at[1:]
    part = np.where(inside, (ends - begins) / np.maximum(ends - course.at[:-1], 1e-9), 0.0)
    seconds = float(((ends - begins) * inside).sum())
    return float((course.steps * part).sum() * HOUR / seconds) if seconds >= SEEN * HOUR else None


def _by_day(seen: Outlook) -> Floats:
    """Tasks a work hour of each of the last days of 24 hours, without idle ones."""
    at, work = seen.work.at, seen.chances @ seen.work.worked
    edges = np.arange(at[-1], max(at[0], at[-1] - DAYS * DAY) - 1.0, -DAY)[::-1]
    tasks = np.diff(np.interp(edges, at, seen.work.finished))
    hours = np.diff(np.interp(edges, at, work))
    some = hours >= WORK_HOURS
    found: Floats = tasks[some] / hours[some]
    return found
