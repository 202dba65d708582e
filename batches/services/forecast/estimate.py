"""When a batch will be done, from its samples and what its account did before."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from batches.services.forecast.outlook import ends, look
from batches.services.forecast.path import path_of
from batches.services.forecast.quantiles import weighted_quantiles
from batches.services.forecast.reasons import Reason
from batches.services.forecast.shown_speeds import lately, speeds_of
from batches.services.forecast.silence import before_looking, is_unsure, while_looking
from batches.services.forecast.tidy import tidy
from batches.services.forecast.types import (
    Estimate,
    Floats,
    Range,
    Replay,
    Rhythm,
    Series,
    Silence,
)

AT_LEAST = 30.0  # seconds from now to the early end
QUANTILES = np.array([0.1, 0.5, 0.9])
UNSEEN = 0.75  # of the possible ends have passed: not looked at for too long


def estimate(
    series: Series,
    *,
    now: float,
    rhythm: Rhythm,
    replays: Sequence[Replay] = (),
    project: str = "",
    priority_changes: Sequence[float] = (),
) -> Estimate | Silence:
    """replays: of the account's finished batches. priority_changes: epoch seconds. Never raises
    on any series with arrays of one length."""
    course = tidy(series)
    siblings = sum(one.project == project for one in replays)
    if silence := before_looking(course, siblings):
        # how fast it is worked on is seen, whatever is not known of its end
        return replace(silence, speeds=lately(course, now))
    seen = look(course, rhythm, replays, project, priority_changes)
    speeds = speeds_of(course, seen, now, priority_changes)
    if silence := while_looking(seen, course):
        return replace(silence, speeds=speeds)
    times, weights = ends(seen)
    ahead = times > now
    if weights[ahead].sum() < 1 - UNSEEN:
        return Silence(reason=Reason.NOT_WATCHED, since=float(course.at[-1]), speeds=speeds)
    found = _range(times[ahead], weights[ahead], now)
    if is_unsure(seen, found.low, found.high, now):
        return Silence(reason=Reason.UNSURE, speeds=speeds)
    path = path_of(seen, float(course.total[-1]), now, found)
    return Estimate(range=found, speeds=speeds, path=path)


def _range(times: Floats, weights: Floats, now: float) -> Range:
    """Given that the batch has not ended by now."""
    low, mid, high = weighted_quantiles(times, weights, QUANTILES)
    low = max(float(low), now + AT_LEAST)
    mid = max(float(mid), low)
    return Range(low=low, mid=mid, high=max(float(high), mid))
