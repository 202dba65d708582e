"""What tells a calm batch from a wild one: the numbers that bias and spread depend on."""

import numpy as np

from batches.services.forecast.habit import USUAL_SPREAD, Habit
from batches.services.forecast.speed import Pace, Worked
from batches.services.forecast.tidy import Course
from batches.services.forecast.types import Floats

NAMES = (
    "one",
    "share done",
    "log share left",
    "lean",
    "lean down",
    "few done",
    "few left",
    "apart",
    "growth",
    "uneven",
    "uneven in short",
    "long way",
    "returned",
    "chunks",
    "last 8 hours, soon done",
    "lean, soon done",
    "last hours",
    "changed",
    "habit",
    "habit, spread",
    "habit, unknown",
    "vague",
    "lean, clear",
    "lean down, clear",
    "habit, early",
    "apart, early",
    "worked",
    "speed",
    "last day",
    "by quarters",
    "account",
    "account, early",
    "account, spread",
    "account, unknown",
)
BLOCKS, SHORT_BLOCKS = 8, 32


def features(
    course: Course,
    work: Worked,
    pace: Pace,
    habits: tuple[Habit, Habit],
    chances: Floats,
) -> Floats:
    """(weeks, features), in the order of `NAMES`. habits: of the project, of the whole account."""
    habit, account = habits
    worked = work.worked[:, -1]
    done, total = work.finished[-1], max(1.0, course.total[-1])
    share = min(1.0, course.finished[-1] / total)
    soon = 1.0 / (1.0 + course.left / pace.blend / 8.0)
    short = _uneven(work, SHORT_BLOCKS)
    clear = _clear(np.clip(pace.lean, -2, 2), short, done)
    columns = [
        1.0,
        share,
        np.log(max(course.left, 0.5) / (total + 1.0)),
        np.clip(pace.lean, -2, 2),
        np.clip(-pace.lean, 0, 2),
        1.0 / np.sqrt(done + 1.0),
        1.0 / np.sqrt(course.left + 1.0),
        np.clip(pace.apart, -2, 2),
        _growth(course),
        _uneven(work, BLOCKS),
        short,
        np.log1p(np.minimum(course.left / pace.blend, 2000.0)),
        course.returned,
        _chunks(course),
        _lately(work, pace, 8.0) * soon,
        np.clip(pace.lean, -2, 2) * soon,
        _lately(work, pace, 2.0),
        0.0 if pace.since_change is None else pace.told / np.sqrt(1.0 + pace.since_change),
        habit.shift,
        np.log(habit.spread / USUAL_SPREAD),
        1.0 / (1.0 + habit.weight),
        float(-(chances * np.log(chances + 1e-12)).sum()),
        clear,
        np.maximum(-clear, 0.0),
        habit.shift * (1.0 - share),
        np.clip(pace.apart, -2, 2) / (1.0 + worked / 12.0),
        np.log1p(worked),
        np.log1p(pace.blend),
        _lately(work, pace, 24.0),
        _by_quarters(work),
        account.shift,
        account.shift * (1.0 - share),
        np.log(account.spread / USUAL_SPREAD),
        1.0 / (1.0 + account.weight),
    ]
    found: Floats = np.array([np.broadcast_to(one, pace.blend.shape) for one in columns]).T
    return found


def _lately(work: Worked, pace: Pace, hours: float) -> Floats:
    """log of (speed in the last so many hours of work / speed the estimate counts with)."""
    since = np.maximum(work.worked[:, -1] - hours, 0.0)
    rows = zip(since, work.worked, strict=True)
    before = np.array([np.interp(one, row, work.finished) for one, row in rows])
    wanted = (work.worked[:, -1] - since) * pace.blend
    found: Floats = np.log((work.finished[-1] - before + 3.0) / (wanted + 3.0))
    return np.clip(found, -2.0, 2.0)


def _chunks(course: Course) -> float:
    """Unevenness of tasks in one step: 1 where all came at once. Tasks come in chunks."""
    total = max(1.0, float(course.steps.sum()))
    return float(np.sqrt((course.steps**2).sum()) / total)


def _clear(lean: Floats, uneven: Floats, done: float) -> Floats:
    """A change of speed, as far as it is more than what chance makes."""
    chance = uneven**2 / (0.3 * SHORT_BLOCKS) + 1.0 / (0.3 * done + 1.0)
    found: Floats = lean * lean**2 / (lean**2 + 2.0 * chance + 1e-6)
    return found


def _by_quarters(work: Worked) -> Floats:
    """Slope of the log of the time that each quarter of the finished tasks took."""
    total = work.finished[-1]
    ends = np.linspace(0.0, total, 5)
    took = np.array([np.diff(np.interp(ends, work.finished, row)) for row in work.worked])
    slope = np.log(np.maximum(took, 1e-2)) @ np.array([-0.3, -0.1, 0.1, 0.3])
    found: Floats = np.clip(slope, -2.0, 2.0) * total / (total + 20.0)
    return found


def _growth(course: Course) -> float:
    """log of the total now over what it was at half of the time."""
    middle = np.searchsorted(course.at, (course.at[0] + course.at[-1]) / 2)
    before = max(1.0, course.total[min(int(middle), len(course.at) - 1)])
    return float(np.clip(np.log(max(1.0, course.total[-1]) / before), -1.0, 2.0))


def _uneven(work: Worked, blocks: int) -> Floats:
    """Spread of the speed over blocks of equal work time, beyond what chance makes; 0 to 2."""
    ends = np.linspace(0.0, 1.0, blocks + 1)
    counts = np.array(
        [np.diff(np.interp(ends * row[-1], row, work.finished)) for row in work.worked]
    )
    mean = np.maximum(counts.mean(axis=1), 1e-3)
    beyond = counts.var(axis=1) / mean**2 - 1.0 / mean
    found: Floats = np.minimum(np.sqrt(np.maximum(beyond, 0.0)), 2.0)
    return found
