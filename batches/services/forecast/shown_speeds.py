"""The speeds that a page shows beside an estimate, in tasks an hour by the clock."""

from collections.abc import Sequence

import numpy as np

from batches.services.forecast.outlook import Outlook
from batches.services.forecast.silence import FEW_DONE
from batches.services.forecast.speed import NOT_WORKED, RECENT_WEIGHT, Pace
from batches.services.forecast.tidy import GAP, Course
from batches.services.forecast.types import HOURS_A_WEEK, Floats, Speeds
from batches.services.forecast.work_time import MONDAY

HOUR = 3600.0
SEEN = 0.5  # of the last hour, and of an hour of the clock, must have been watched
SHORTEST = 600.0  # seconds from which on a speed is more than chance
WORKED = 0.6  # of a usual hour of work: an hour with less is night or weekend, as on the chart
WORK_HOURS = 2  # watched in a day, at least, for its speed to count
DAYS = 14  # newest ones
DIFFERENT = 1.05  # times: a change of priority that is worth a word


def speeds_of(course: Course, seen: Outlook, now: float, changes: Sequence[float] = ()) -> Speeds:
    """None for each that no one has watched. changes: of the priority, epoch seconds."""
    if not course.watched.any():
        return Speeds()
    last, seconds = _last_hour(course, now)
    usual, days, is_own = _usual(course, seen), np.zeros(0), course.finished[-1] >= FEW_DONE
    if is_own:
        days, most = _by_day(course, seen.rhythm.weights)
        usual = float(np.median(days)) if len(days) > 1 else min(usual, most)
    factor = _factor(seen.pace, seen.chances)
    is_changed = max(factor, 1.0 / factor) >= DIFFERENT
    low, high = np.quantile(days, [0.1, 0.9]) if len(days) > 1 else (usual, usual)
    return Speeds(
        last_hour=last,
        seconds=seconds,
        usual=usual * factor,
        low=float(low) * factor,
        high=float(high) * factor,
        is_of_project=not is_own,
        priority_at=max(changes, default=None) if is_changed else None,
    )


def lately(course: Course, now: float) -> Speeds:
    """The speed of the last hour alone, of a batch in progress."""
    if not len(course.at) or int(course.status[-1]) in NOT_WORKED:
        return Speeds()
    last, seconds = _last_hour(course, now)
    return Speeds(last_hour=last, seconds=seconds)


def _last_hour(course: Course, now: float) -> tuple[float | None, float | None]:
    """Tasks an hour, and how long it was in progress in that hour, as far as anyone has seen."""
    until = float(course.at[-1])
    if now - until > GAP:
        return None, None
    idle = np.flatnonzero(np.isin(course.status, NOT_WORKED))
    begun = course.at[min(idle[-1] + 1, len(course.at) - 1)] if len(idle) else course.at[0]
    since = max(until - HOUR, float(begun))
    begins, ends = np.maximum(course.at[:-1], since), course.at[1:]
    inside = course.watched & (ends > since)
    seconds, length = float(((ends - begins) * inside).sum()), until - since
    if seconds < max(SHORTEST, SEEN * length):
        return None, length
    part = np.where(inside, (ends - begins) / np.maximum(ends - course.at[:-1], 1e-9), 0.0)
    return float((course.steps * part).sum() * HOUR / seconds), length


def _usual(course: Course, seen: Outlook) -> float:
    """By what the estimate counts with: the mean over the hours that are worked."""
    weights = seen.rhythm.weights
    busy = float((weights**2).sum() / weights.sum())
    return float(seen.chances @ _before_change(seen.pace)) * busy


def _before_change(pace: Pace) -> Floats:
    mixed = RECENT_WEIGHT * np.log(pace.recent) + (1 - RECENT_WEIGHT) * np.log(pace.whole)
    found: Floats = np.exp(mixed)
    return found


def _factor(pace: Pace, chances: Floats) -> float:
    """By how much the speed is another one since the last change of priority."""
    return float(np.exp(chances @ np.log(pace.blend / _before_change(pace))))


def _by_day(course: Course, weights: Floats) -> tuple[Floats, float]:
    """Tasks an hour of work in each of the last days of 24 hours, without idle ones; and the most
    in any hour. As the bars of the chart show them: hours in which people rest do not count.
    """
    # whole days up to the newest sample; the first one may be a part
    first = max(course.at[0], course.at[-1] - DAYS * 24 * HOUR)
    number = int(np.ceil((course.at[-1] - first) / HOUR / 24)) * 24
    edges = course.at[-1] - np.arange(number, -1, -1) * HOUR
    tasks = _between(edges, course.at, course.steps * course.watched)
    # nobody works on a batch in staging, or on one that is paused
    active = course.watched & ~np.isin(course.status[:-1], NOT_WORKED)
    watched = _between(edges, course.at, np.diff(course.at) * active) / HOUR
    rates = tasks[watched >= SEEN] / watched[watched >= SEEN]
    places = ((edges[:-1] + HOUR / 2 - MONDAY) // HOUR).astype(np.int64) % HOURS_A_WEEK
    works = weights >= WORKED * (weights**2).sum() / weights.sum()
    is_work = works[places]
    done = (tasks * is_work).reshape(-1, 24).sum(axis=1)
    hours = (watched * is_work).reshape(-1, 24).sum(axis=1)
    some = (hours >= WORK_HOURS) & (done > 0)
    return done[some] / hours[some], float(rates.max(initial=0.0)) if len(rates) else np.inf


def _between(edges: Floats, at: Floats, steps: Floats) -> Floats:
    found: Floats = np.diff(np.interp(edges, at, np.concatenate([[0.0], np.cumsum(steps)])))
    return found
