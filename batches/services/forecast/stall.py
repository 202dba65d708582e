"""Whether a batch has stalled: nothing is completed although people usually work at this time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.quiet_hours import counted_weeks, free_days
from batches.services.forecast.rhythm import course_cells, draws, with_own
from batches.services.forecast.tidy import Course, tidy
from batches.services.forecast.types import HOURS_A_WEEK, Floats, Rhythm, Series
from batches.services.forecast.work_time import HOUR, WorkClock

IN_PROGRESS = 2
DRAWS = 12
FALSE_A_WEEK = 0.02  # false alarms of a batch in a week, if its quiets came by chance alone
FEW_STEPS = 5  # completions before the quiet
SHORTEST = HOUR
SAMPLES_INSIDE = 3
FRESH = 45 * 60.0  # seconds since the last look
LONGER = 1.4  # times the longest quiet before
AGREED = 0.6  # of the chances of possible weeks, which are tempered: see `rhythm`
RECENT = 0.3  # of the steps count fully
STEPS = 300  # the last ones tell enough
PRIOR_STEPS, PRIOR_TAIL = 8.0, 1.5  # quiets are so much longer than by chance, until known
LAST_SHARE = 0.25  # towards the end quiets grow
PAUSE = 0.5  # work hours that are nothing unusual anywhere
UNEVEN = 0.2  # work hours by which quiets of a busy batch are longer than its own pace says
RESTS = 0.7  # level at which the quiet of another batch shows that the account rests
JUST = 3.0  # usual quiets: another batch that moved no longer before was still worked on


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A time without a completion.

    since: when it began, epoch seconds. missed: tasks that would have been completed since.
    level: how unusual it is; an alarm needs 1, an estimate is of little use from 0.5 on.
    account_rests: the account's other batches are as quiet: one notice for all of them.
    """

    since: float
    missed: float
    level: float
    is_stalled: bool
    account_rests: bool


def quiet_of(
    series: Series, *, now: float, rhythm: Rhythm, others: Sequence[Floats] = ()
) -> Quiet | None:
    """The quiet in which a batch is now; None where it is in none, or too little is known.

    rhythm: of its account. others: `steps_of` the account's other open batches.
    """
    course = tidy(series)
    if not _is_told(course, now):
        return None
    steps, look = _steps(course)[-STEPS:], float(course.at[-1])
    since = float(steps[-1])
    inside = int((course.at > since).sum())
    if look - since < SHORTEST or inside < SAMPLES_INSIDE or len(steps) <= FEW_STEPS:
        return None
    return _judge(course, steps, look, rhythm, others)


def steps_of(series: Series) -> Floats:
    """When tasks of a batch were completed or arrived, in order; its start is the first."""
    course = tidy(series)
    return _steps(course)[-STEPS:] if len(course.at) else course.at


def _is_told(course: Course, now: float) -> bool:
    """Whether it is in progress, has tasks left, and was looked at just now."""
    return bool(
        len(course.at)
        and course.status[-1] == IN_PROGRESS
        and course.left > 0
        and now - course.at[-1] <= FRESH
    )


def _steps(course: Course) -> Floats:
    moved: NDArray[np.bool_] = (course.steps > 0) | (np.diff(course.total) > 0)
    begun = float(course.at[int(np.argmax(course.status == IN_PROGRESS))])
    times = course.at[1:][moved]
    return np.append(begun, times[times > begun])


def _judge(
    course: Course, steps: Floats, look: float, rhythm: Rhythm, others: Sequence[Floats]
) -> Quiet:
    whole = with_own(rhythm, course_cells(course, rhythm))
    weeks, chances = draws(whole, DRAWS)
    clock, since = WorkClock.of(counted_weeks(weeks, whole)), float(steps[-1])
    hours = clock.hours(np.append(steps, look))
    gaps, quiet = np.diff(hours[:, :-1], axis=1), hours[:, -1] - hours[:, -2]
    # a day on which no batch of the account moved may be a holiday
    quiet = quiet - free_days(whole.weights, clock, _moves(since, look, others))
    level = _damp(course) * _level(gaps, quiet)
    is_alarm = (level >= 1.0) & (quiet > LONGER * gaps.max(axis=1))
    signs = [_rest(one, clock, gaps.mean(axis=1), since, look) for one in others]
    rests = _account_rests([one for one in signs if one is not None], chances)
    return Quiet(
        since=since,
        missed=float(chances @ _missed(course, steps, look, weeks)),
        level=float(chances @ level),
        is_stalled=float(chances @ is_alarm) >= AGREED and not rests,
        account_rests=rests,
    )


def _moves(since: float, look: float, others: Sequence[Floats]) -> Floats:
    """When another batch moved in the quiet, with both ends of it."""
    moves = np.sort(np.concatenate([[since, look], *others]))
    found: Floats = moves[(moves >= since) & (moves <= look)]
    return found


def _damp(course: Course) -> float:
    """At the end few tasks are left, and those that take longest."""
    return float(min(1.0, course.left / max(1.0, course.total[-1]) / LAST_SHARE))


def _missed(course: Course, steps: Floats, look: float, weeks: Floats) -> Floats:
    """Tasks that would have been completed since the last step. (weeks,)"""
    hours = WorkClock.of(weeks).hours(np.array([steps[0], steps[-1], look]))
    tasks = course.steps[course.at[1:] > steps[0]].sum()
    before, since = np.diff(hours, axis=1).T
    found: Floats = since * tasks / np.maximum(before, 0.1)
    return np.minimum(found, course.left)


def _level(gaps: Floats, quiet: Floats) -> Floats:
    """Surprise at a quiet after such gaps, divided by what an alarm needs. (weeks,)

    gaps: (weeks, n) and quiet: (weeks,) in work hours.
    """
    number = gaps.shape[1]
    weights = np.exp(-np.arange(number)[::-1] / max(RECENT * number, 15.0))
    total = gaps @ weights
    mean = total / weights.sum() + 1e-6
    # from any moment it takes so long to the next step; the mean, if they come by chance alone
    wait = gaps**2 @ weights / np.maximum(2 * total, 1e-9)
    share = weights.sum() / (weights.sum() + PRIOR_STEPS)
    scale = np.maximum(mean, share * wait + (1 - share) * PRIOR_TAIL * mean) + UNEVEN
    surprise = np.maximum(quiet - PAUSE, 0.0) / scale
    # a batch with many steps a week has many chances to be quiet
    found: Floats = surprise / np.log(np.maximum(HOURS_A_WEEK / mean, 1.0) / FALSE_A_WEEK)
    return found


def _account_rests(signs: Sequence[Floats], chances: Floats) -> bool:
    """Whether others are as quiet, and none was worked on since."""
    levels = [float(chances @ one) for one in signs]
    return max(levels, default=0.0) > RESTS and min(levels) >= 0.0


def _rest(
    steps: Floats, clock: WorkClock, usual: Floats, since: float, look: float
) -> Floats | None:
    """How unusual the quiet of a batch is that was worked on until about `since`. (weeks,)

    -1 where it was worked on later; None where it tells nothing. usual: quiet of the other one.
    """
    if len(steps) <= FEW_STEPS:
        return None
    hours = clock.hours(np.array([*steps, since, look]))
    gaps, later = np.diff(hours[:, :-2], axis=1), hours[:, -3] - hours[:, -2]
    near = JUST * (gaps.mean(axis=1) + usual) + PAUSE
    if np.median(later - near) > 0:
        return np.full(len(usual), -1.0)
    if np.median(-later - near) > 0:
        return None
    return _level(gaps, hours[:, -1] - hours[:, -3])
