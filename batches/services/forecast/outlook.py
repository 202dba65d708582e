"""A batch as it stands at its newest sample, under each possible week."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from batches.services.forecast.features import features
from batches.services.forecast.habit import growth_of, habit_of, rest_of
from batches.services.forecast.past import past_of
from batches.services.forecast.quantiles import NORMAL, expected, standard
from batches.services.forecast.rhythm import course_cells, draws, with_own
from batches.services.forecast.speed import Pace, Worked, pace_of, worked_course
from batches.services.forecast.tidy import Course
from batches.services.forecast.types import Floats, Replay, Rhythm
from batches.services.forecast.work_time import WorkClock

DRAWS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """chances: (weeks,). features: (weeks, features). share: done. left: tasks.

    to_come: log of how much the total is expected to grow, as the project's other batches did.
    """

    rhythm: Rhythm
    clock: WorkClock
    chances: Floats
    work: Worked
    pace: Pace
    features: Floats
    share: float
    left: float
    to_come: float


def look(
    course: Course,
    rhythm: Rhythm,
    replays: Sequence[Replay],
    project: str,
    changes: Sequence[float] = (),
) -> Outlook:
    """rhythm: of the account, without this batch."""
    own = with_own(rhythm, course_cells(course, rhythm))
    weeks, chances = draws(own, DRAWS)
    clock = WorkClock.of(weeks)
    work = worked_course(course, clock)
    past = past_of(replays, project, own.weights)
    pace = pace_of(work, past.speed, changes)
    share = float(course.finished[-1] / max(1.0, course.total[-1]))
    to_come = growth_of(past, share)
    habits = habit_of(past, share), habit_of(past, share, 1.0)
    rest = rest_of(past, share)
    return Outlook(
        rhythm=own,
        clock=clock,
        chances=chances,
        work=work,
        pace=pace,
        features=features(course, work, pace, habits, rest, own, chances, to_come),
        share=share,
        left=course.left,
        to_come=to_come,
    )


def ends(seen: Outlook) -> tuple[Floats, Floats]:
    """Possible times of the end, (n,), and how likely each is, (n,)."""
    errors = np.clip(standard(NORMAL, *expected(seen.features)), -4.0, 4.0)
    hours = (seen.left / seen.pace.blend)[:, None] * np.exp(errors)
    start = seen.clock.hours(seen.work.at[-1:])
    times = seen.clock.when(start + hours)
    weights = np.repeat(seen.chances / times.shape[1], times.shape[1])
    return times.ravel(), weights
