"""How often a batch is read by its status where lists hold no counts: as fast as it changes.

Pure functions. A batch is read about once for each task that is expected to change.
"""

from collections.abc import Sequence
from typing import NamedTuple

# Seconds from one reading of a batch to the next. Few values, so that a page can list them.
PACES = (60, 120, 300, 600, 900)
FASTEST, SLOWEST = PACES[0], PACES[-1]
WINDOW = 60 * 60  # seconds; a change before it says little of the next hour
# So few tasks are pending near the end: 5, or one in 50 of all.
FEW_TASKS, FEW_OF_ALL = 5, 50
SOONER_NEAR_END = 3  # so many times as often: its end is what people wait for


class Point(NamedTuple):
    """Counts of a batch at a time, in epoch seconds. None: the answer did not have it."""

    at: int
    completed: int | None = None
    pending: int | None = None
    error: int | None = None
    cancelled: int | None = None
    total: int | None = None


def pace_for(points: Sequence[Point], *, now: int) -> int:
    """One of `PACES`. points: readings of one batch, newest first; none or one: it is new."""
    if len(points) < 2:
        return FASTEST
    newest, first = points[0], points[1]
    for point in points[1:]:
        first = point
        # the first one before the window too: the time up to it is part of what was watched
        if now - point.at >= WINDOW:
            break
    changed, passed = _changed(first, newest), max(1, now - first.at)
    expected = passed / changed if changed else SLOWEST
    if _is_near_end(newest):
        expected = min(expected, SLOWEST) / SOONER_NEAR_END
    return next((pace for pace in PACES if pace >= expected), SLOWEST)


def _changed(first: Point, newest: Point) -> int:
    """Tasks that were settled or added, or the other way round: counts may fall."""
    settled = sum(
        abs((new or 0) - (old or 0))
        for old, new in (
            (first.completed, newest.completed),
            (first.error, newest.error),
            (first.cancelled, newest.cancelled),
        )
    )
    return settled + abs((newest.total or 0) - (first.total or 0))


def _is_near_end(newest: Point) -> bool:
    pending, total = newest.pending, newest.total
    return pending is not None and pending <= max(FEW_TASKS, (total or 0) // FEW_OF_ALL)
