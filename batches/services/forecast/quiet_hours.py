"""Which hours of a quiet tell that something is wrong: hours in which people surely work."""

import numpy as np

from batches.services.forecast.types import HOURS_A_WEEK, Floats, Rhythm
from batches.services.forecast.work_time import HOUR, MONDAY, WorkClock

WORKING = 0.3  # of the mean hour: nothing in an hour with less work is no sign of anything
SEEN = 0.5  # tasks, less where they come together: an hour with fewer was never seen to be worked
NOTHING = 1e-6  # a clock must go on
NIGHT = 5  # hours without work part two days
SHORT_DAY = 4 * HOUR
EARLY = HOUR  # who works so long before a day begins has begun it
BEFORE = 12  # hours in which a day's work may have begun before the quiet


def counted_weeks(weeks: Floats, rhythm: Rhythm) -> Floats:
    """Possible weeks (n, 168), with hours of little work, first and last ones of a day as nothing.

    So are hours in which no batch was seen to be worked on, on like days: a week that is only
    assumed is no ground for an alarm.
    """
    least = np.minimum(np.minimum(np.roll(weeks, 1, axis=1), np.roll(weeks, -1, axis=1)), weeks)
    days = rhythm.finished.reshape(7, 24)
    seen = np.concatenate([np.tile(days[:5].sum(axis=0), (5, 1)), days[5:]]).ravel()
    return np.where((least >= WORKING) & (seen >= SEEN), least, NOTHING)


def free_days(usual: Floats, clock: WorkClock, moves: Floats) -> Floats:
    """Work hours of days on which the account may have rested, as nothing moved. (weeks,)

    usual: (168,) the mean week. clock: of counted weeks. moves: when anything of the account moved,
    in order. Between two that are far apart, the first whole day may be a holiday. A day is a
    stretch of working hours between two nights; where there are no nights there are no days.
    """
    found = np.zeros(len(clock.sums))
    for place in np.flatnonzero(np.diff(moves) > SHORT_DAY):
        found += _first_day(usual, clock, moves[place], moves[place + 1])
    return found


def _first_day(usual: Floats, clock: WorkClock, since: float, look: float) -> Floats:
    first = np.floor(since / HOUR) - BEFORE
    edges = (first + np.arange(int(np.ceil(look / HOUR) - first) + 1)) * HOUR
    done = np.diff(clock.hours(np.clip(edges, since, look)), axis=1)
    place = ((edges[:-1] - MONDAY) // HOUR).astype(int) % HOURS_A_WEEK
    works = usual[place] >= WORKING
    number = np.arange(len(works))
    latest = np.maximum.accumulate(np.where(works, number, -1))
    pause = number - np.append(-1, latest[:-1])
    begins = works & (pause > NIGHT) & (edges[:-1] > since + EARLY)
    free = np.cumsum(begins) == 1
    found: Floats = done @ free
    return found
