"""How evenly a batch is worked on, how its speed changes, and how its total grows."""

import numpy as np

from batches.services.forecast.speed import Pace, Worked
from batches.services.forecast.tidy import Course
from batches.services.forecast.types import Floats

BLOCKS, SHORT_BLOCKS = 8, 32
USUAL_QUIET = 3.0  # times the mean wait for a task: no quiet of the batch is shorter
GROWN = 0.01  # of the total: more than that is more than a correction


def lately(work: Worked, pace: Pace, hours: float) -> Floats:
    """log of (speed in the last so many hours of work / speed the estimate counts with)."""
    since = np.maximum(work.worked[:, -1] - hours, 0.0)
    rows = zip(since, work.worked, strict=True)
    before = np.array([np.interp(one, row, work.finished) for one, row in rows])
    wanted = (work.worked[:, -1] - since) * pace.blend
    found: Floats = np.log((work.finished[-1] - before + 3.0) / (wanted + 3.0))
    return np.clip(found, -2.0, 2.0)


def chunks(course: Course) -> float:
    """Unevenness of tasks in one step: 1 where all came at once. Tasks come in chunks."""
    total = max(1.0, float(course.steps.sum()))
    return float(np.sqrt((course.steps**2).sum()) / total)


def clear(lean: Floats, short: Floats, done: float) -> Floats:
    """A change of speed, as far as it is more than what chance makes. short: unevenness."""
    chance = short**2 / (0.3 * SHORT_BLOCKS) + 1.0 / (0.3 * done + 1.0)
    found: Floats = lean * lean**2 / (lean**2 + 2.0 * chance + 1e-6)
    return found


def by_quarters(work: Worked) -> Floats:
    """Slope of the log of the time that each quarter of the finished tasks took."""
    total = work.finished[-1]
    ends = np.linspace(0.0, total, 5)
    took = np.array([np.diff(np.interp(ends, work.finished, row)) for row in work.worked])
    slope = np.log(np.maximum(took, 1e-2)) @ np.array([-0.3, -0.1, 0.1, 0.3])
    found: Floats = np.clip(slope, -2.0, 2.0) * total / (total + 20.0)
    return found


def uneven(work: Worked, blocks: int = BLOCKS) -> Floats:
    """Spread of the speed over blocks of equal work time, beyond what chance makes; 0 to 2."""
    ends = np.linspace(0.0, 1.0, blocks + 1)
    counts = np.array(
        [np.diff(np.interp(ends * row[-1], row, work.finished)) for row in work.worked]
    )
    mean = np.maximum(counts.mean(axis=1), 1e-3)
    beyond = counts.var(axis=1) / mean**2 - 1.0 / mean
    found: Floats = np.minimum(np.sqrt(np.maximum(beyond, 0.0)), 2.0)
    return found


def quiet_now(course: Course, work: Worked, pace: Pace) -> Floats:
    """log of (1 + tasks that would have been finished since the last completion)."""
    return np.log1p(quiet_hours(course, work) * pace.blend)


def quiet_hours(course: Course, work: Worked) -> Floats:
    """(weeks,) hours of work since the last completion, or the last new task, was seen."""
    last = moved_at(course)
    found: Floats = work.worked[:, -1] - [np.interp(last, work.at, row) for row in work.worked]
    return found


def moved_at(course: Course) -> float:
    """The sample in which the last completion, or the last new task, was seen."""
    moved = np.flatnonzero((course.steps > 0) | (np.diff(course.total) > 0))
    return float(course.at[moved[-1] + 1]) if len(moved) else float(course.at[0])


def longest_quiet(work: Worked) -> Floats:
    """-log of the share of its work time that is left without its longest time without a
    completion, as far as that is longer than usual: a stall makes the whole look slower."""
    moved = np.flatnonzero(np.diff(work.finished) > 0) + 1
    marks = np.unique(np.concatenate([[0], moved, [len(work.at) - 1]]))
    if len(marks) < 2:
        return np.zeros(len(work.worked))
    longest = np.diff(work.worked[:, marks], axis=1).max(axis=1)
    share = longest / np.maximum(work.worked[:, -1], 1e-3)
    usual = USUAL_QUIET / max(work.finished[-1], USUAL_QUIET)
    found: Floats = -np.log(1.0 - np.clip(share - usual, 0.0, 0.95))
    return found


def growth(course: Course) -> float:
    """log of the total now over what it was at half of the time."""
    middle = np.searchsorted(course.at, (course.at[0] + course.at[-1]) / 2)
    before = max(1.0, course.total[min(int(middle), len(course.at) - 1)])
    return float(np.clip(np.log(max(1.0, course.total[-1]) / before), -1.0, 2.0))


def grown_lately(course: Course) -> float:
    """1 where it grew just now, 0 where it never did."""
    grew = np.flatnonzero(np.diff(course.total) > GROWN * course.total[-1])
    age = max(course.at[-1] - course.at[0], 1.0)
    return float((course.at[grew[-1] + 1] - course.at[0]) / age) if len(grew) else 0.0
