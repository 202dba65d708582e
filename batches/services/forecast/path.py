"""Tasks finished at times to come, for the fan of a chart. Follows the rhythm: flat at night."""

import numpy as np

from batches.services.forecast.outlook import Outlook
from batches.services.forecast.types import Floats, Range

POINTS = 60


def path_of(seen: Outlook, total: float, now: float, found: Range) -> Floats:
    """(points, 4) seconds, and tasks finished by then: low, mid, high."""
    at = np.unique(np.r_[np.linspace(now, found.high, POINTS - 2), found.low, found.mid])
    hours = seen.chances @ seen.clock.hours(at)
    ends = np.interp([found.high, found.mid, found.low], at, hours)
    done = total - seen.left
    lines = [_line(hours, end, min(done, total), total) for end in ends]
    return np.stack([at, *lines], axis=1)


def _line(hours: Floats, end: float, done: float, total: float) -> Floats:
    share = (hours - hours[0]) / max(float(end - hours[0]), 1e-9)
    found: Floats = done + (total - done) * np.clip(share, 0.0, 1.0)
    return found
