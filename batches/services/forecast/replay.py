"""How good estimates of a finished batch would have been, with only what was known then."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.outlook import Outlook, look
from batches.services.forecast.quantiles import expected
from batches.services.forecast.tidy import Course, cut, tidy
from batches.services.forecast.types import Floats, Replay, Rhythm, Series

SHARES = np.array([0.03, 0.08, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92, 0.97])
SAMPLES = 3  # fewer say nothing


def replay(
    series: Series, *, rhythm: Rhythm, project: str, replays: Sequence[Replay] = ()
) -> Replay:
    """series: a batch from its first sample to the one that saw it complete.

    rhythm, replays: of the batches that ended before it.
    """
    course = tidy(series)
    errors, spreads = np.full(len(SHARES), np.nan), np.ones(len(SHARES))
    if len(course.at) < SAMPLES or course.finished[-1] <= 0:
        return _row(project, course, 0.0, errors, spreads)
    ended = ended_at(course)
    for place, until in enumerate(_cuts(course)):
        if until >= SAMPLES and course.at[until - 1] < ended:
            early = tidy(
                cut(series, int(np.searchsorted(series.at, course.at[until - 1], "right")))
            )
            if len(early.at) >= SAMPLES and early.left > 0:
                errors[place], spreads[place] = _error(look(early, rhythm, replays, project), ended)
    whole = look(course, rhythm, replays, project)
    return _row(project, course, float(whole.chances @ whole.pace.whole), errors, spreads)


def ended_at(course: Course) -> float:
    """When the last task was finished."""
    return float(course.at[int(np.argmax(course.finished >= course.finished[-1]))])


def log_error(seen: Outlook, ended: float) -> Floats:
    """(weeks,) log of (hours of work it took / tasks left by speed)."""
    hours = seen.clock.hours(np.array([seen.work.at[-1], ended]))
    took = np.maximum(hours[:, 1] - hours[:, 0], 1e-3)
    found: Floats = np.log(took * seen.pace.blend / max(seen.left, 1e-3))
    return found


def _error(seen: Outlook, ended: float) -> tuple[float, float]:
    low, _, high = expected(seen.features)
    return float(seen.chances @ (log_error(seen, ended))), float(seen.chances @ (high - low) / 2)


def _cuts(course: Course) -> NDArray[np.int64]:
    """How many samples were there at each of `SHARES`."""
    highest = np.maximum.accumulate(course.finished)
    found: NDArray[np.int64] = np.minimum(
        np.searchsorted(highest, SHARES * course.total[-1]) + 1, len(course.at)
    )
    return found


def _row(project: str, course: Course, speed: float, errors: Floats, spreads: Floats) -> Replay:
    ended = float(course.at[-1]) if len(course.at) else 0.0
    return Replay(
        project=project, ended=ended, speed=speed, shares=SHARES, errors=errors, spreads=spreads
    )
