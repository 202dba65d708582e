"""The small line of a list: what was finished in each of the last 24 hours.

The worker only: imports numpy. Stored with the estimate, so that a list of 100 batches reads no
samples.
"""

from dataclasses import fields

import numpy as np

from batches.services.forecast.tidy import GAP, tidy
from batches.services.forecast.types import Floats, Series

HOUR, HOURS = 3600.0, 24
SEEN = 0.5  # of an hour must have been watched, for its tasks to say something


def spark_of(series: Series) -> list[float | None]:
    """Tasks in each hour up to the newest sample, oldest first: at most 24, None where unwatched.

    It begins with the first hour that was watched; it is empty where none was.
    """
    course = tidy(_last_day(series))
    if len(course.at) < 2:
        return []
    edges = course.at[-1] - np.arange(HOURS, -1, -1) * HOUR
    tasks = _between(edges, course.at, course.steps * course.watched)
    watched = _between(edges, course.at, np.diff(course.at) * course.watched) / HOUR
    found = [
        # by the hour that was watched: half of one shows as fast a batch as a whole one
        round(float(done / seen), 1) if seen >= SEEN else None
        for done, seen in zip(tasks, watched, strict=True)
    ]
    known = [place for place, one in enumerate(found) if one is not None]
    return found[known[0] :] if known else []


def _last_day(series: Series) -> Series:
    """Its samples of the last day, and those just before, with which the first hour begins."""
    if not len(series.at):
        return series
    first = int(np.searchsorted(series.at, series.at[-1] - HOURS * HOUR - GAP))
    return Series(**{one.name: getattr(series, one.name)[first:] for one in fields(Series)})


def _between(edges: Floats, at: Floats, steps: Floats) -> Floats:
    """What of the steps lies between two edges, by share of time."""
    done: Floats = np.interp(edges, at, np.concatenate([[0.0], np.cumsum(steps)]))
    return np.diff(done)
