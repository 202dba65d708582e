"""What tells a calm batch from a wild one: the numbers that bias and spread depend on."""

import numpy as np

from batches.services.forecast.habit import USUAL_SPREAD, Habit, Rest
from batches.services.forecast.speed import Pace, Worked
from batches.services.forecast.tidy import Course
from batches.services.forecast.types import Floats, Rhythm
from batches.services.forecast.unevenness import (
    SHORT_BLOCKS,
    by_quarters,
    chunks,
    clear,
    grown_lately,
    growth,
    lately,
    longest_quiet,
    quiet_now,
    uneven,
)

OF_STATE = (
    "one",
    "share done",
    "log share left",
    "few done",
    "few left",
    "growth",
    "grown lately",
    "to come",
    "returned",
    "chunks",
    "long way",
    "soon done",
    "worked",
    "speed",
)
OF_SPEED = (
    "lean",
    "lean down",
    "uneven",
    "uneven in short",
    "last hours",
    "last 8 hours, soon done",
    "lean, soon done",
    "last day",
    "lean, clear",
    "lean down, clear",
    "by quarters",
    "changed",
    "quiet now",
    "longest quiet",
)
OF_HABIT = (
    "apart",
    "apart, early",
    "habit",
    "habit, early",
    "habit, spread",
    "habit, unknown",
    "account",
    "account, early",
    "account, spread",
    "account, unknown",
)
OF_REST = (
    "rest",
    "rest, early",
    "rest, apart",
    "rest, surer",
    "rest, surer, soon done",
    "rest, spread",
    "doubt",
)
OF_RHYTHM = ("vague", "peaked", "rhythm, known")
NAMES = (*OF_STATE, *OF_SPEED, *OF_HABIT, *OF_REST, *OF_RHYTHM)
UNEVEN = NAMES.index("uneven")
# Variances of the log of a speed: of a busy hour, of a task, of what a batch is at least.
OF_HOUR, OF_TASK, LEAST = 2.0, 1.0, 0.03


def features(
    course: Course,
    work: Worked,
    pace: Pace,
    habits: tuple[Habit, Habit],
    rest: Rest,
    rhythm: Rhythm,
    chances: Floats,
    to_come: float,
) -> Floats:
    """(weeks, features), in the order of `NAMES`. habits: of the project, of the whole account."""
    peaked = float(np.log((rhythm.weights**2).mean()))
    columns = [
        *_of_state(course, work, pace, to_come),
        *_of_speed(course, work, pace),
        *_of_habit(course, work, pace, *habits),
        *_of_rest(course, work, pace, rest, peaked),
        float(-(chances * np.log(chances + 1e-12)).sum()),
        peaked,
        np.log1p(rhythm.finished.sum()),
    ]
    found: Floats = np.array([np.broadcast_to(one, pace.blend.shape) for one in columns]).T
    return found


def _of_state(
    course: Course, work: Worked, pace: Pace, to_come: float
) -> tuple[float | Floats, ...]:
    done, total = work.finished[-1], max(1.0, course.total[-1])
    return (
        1.0,
        _share(course),
        np.log(max(course.left, 0.5) / (total + 1.0)),
        1.0 / np.sqrt(done + 1.0),
        1.0 / np.sqrt(course.left + 1.0),
        growth(course),
        grown_lately(course),
        to_come,
        course.returned,
        chunks(course),
        np.log1p(np.minimum(course.left / pace.blend, 2000.0)),
        _soon(course, pace),
        np.log1p(work.worked[:, -1]),
        np.log1p(pace.blend),
    )


def _of_speed(course: Course, work: Worked, pace: Pace) -> tuple[float | Floats, ...]:
    lean, soon = np.clip(pace.lean, -2, 2), _soon(course, pace)
    short = uneven(work, SHORT_BLOCKS)
    change = clear(lean, short, float(work.finished[-1]))
    return (
        lean,
        np.maximum(-lean, 0.0),
        uneven(work),
        short,
        lately(work, pace, 2.0),
        lately(work, pace, 8.0) * soon,
        lean * soon,
        lately(work, pace, 24.0),
        change,
        np.maximum(-change, 0.0),
        by_quarters(work),
        # minutes after a change next to nothing can be told of it
        0.0 if pace.since_change is None else pace.told**2 / (1.0 + pace.since_change),
        quiet_now(course, work, pace),
        longest_quiet(work),
    )


def _of_habit(
    course: Course, work: Worked, pace: Pace, habit: Habit, account: Habit
) -> tuple[float | Floats, ...]:
    early, apart = 1.0 - _share(course), np.clip(pace.apart, -2, 2)
    return (
        apart,
        apart / (1.0 + work.worked[:, -1] / 12.0),
        habit.shift,
        habit.shift * early,
        np.log(habit.spread / USUAL_SPREAD),
        1.0 / (1.0 + habit.weight),
        account.shift,
        account.shift * early,
        np.log(account.spread / USUAL_SPREAD),
        1.0 / (1.0 + account.weight),
    )


def _of_rest(
    course: Course, work: Worked, pace: Pace, rest: Rest, peaked: float
) -> tuple[float | Floats, ...]:
    """How far the batch's own speed is from that at which the project's batches went on from
    here, and how much surer the one is than the other."""
    apart = np.clip(np.log(pace.blend) - rest.log_speed, -3, 3) if rest.weight else 0.0 * pace.blend
    known = rest.weight / (rest.weight + 1.0)
    own = OF_HOUR * np.exp(peaked) / (work.worked[:, -1] + 0.5)
    own = own + OF_TASK / (work.finished[-1] + 1.0) + LEAST
    surer = apart * own / (own + rest.variance)
    return (
        apart * known,
        apart * known * (1.0 - _share(course)),
        np.abs(apart) * known,
        surer,
        surer * _soon(course, pace),
        np.log(rest.spread / USUAL_SPREAD),
        0.5 * np.log(own * rest.variance / (own + rest.variance)),
    )


def _share(course: Course) -> float:
    return float(min(1.0, course.finished[-1] / max(1.0, course.total[-1])))


def _soon(course: Course, pace: Pace) -> Floats:
    """1 where it is done at once, a half where 8 hours of work are left."""
    found: Floats = 1.0 / (1.0 + course.left / pace.blend / 8.0)
    return found
