"""Selects the samples that a chart draws. Each is one that was stored: nothing is averaged."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from batches.services.observations.packing import Sample

MOST = 300
# A power of two: halved again, each stretch is made of two whole ones, so no extreme is lost.
STRETCHES = 128


def select_points(
    samples: Sequence[Sample], *, edges: Iterable[int], most: int = MOST
) -> list[int]:
    """Places of at most `most` samples, in order of time.

    Kept are the first, the last, `edges` (both sides of gaps), both sides of each change of status
    or of what is known, and of every stretch of time the samples with the least and the largest
    counts.
    """
    if len(samples) <= most:
        return list(range(len(samples)))
    ends = {0, len(samples) - 1}
    seams = ends | set(edges) | _seams(samples)
    places, stretches, columns = list(range(len(samples))), STRETCHES, _columns(samples)
    while stretches:
        parts = _stretches(samples, places, stretches)
        places = sorted(seams | _extremes(columns, parts))
        if len(places) <= most:
            return places
        stretches //= 2
    # a batch that was paused a hundred times: as many of its seams as fit
    places = sorted(seams)
    step = -(-len(places) // (most - 1))
    return sorted({*places[::step], *ends})


def _seams(samples: Sequence[Sample]) -> set[int]:
    found: set[int] = set()
    for place, (before, after) in enumerate(pairwise(samples)):
        if before.status != after.status or (before.completed is None) != (after.completed is None):
            found |= {place, place + 1}
    return found


def _columns(samples: Sequence[Sample]) -> list[list[int]]:
    """The counts whose extremes are drawn."""
    # an unknown count is less than any: what is not known is drawn too, as a hole in the line
    completed = [-1 if one.completed is None else one.completed for one in samples]
    total = [-1 if one.total is None else one.total for one in samples]
    settled = [
        done + (one.error or 0) + (one.cancelled or 0)
        for done, one in zip(completed, samples, strict=True)
    ]
    return [completed, settled, total]


def _extremes(columns: list[list[int]], stretches: Iterable[Sequence[int]]) -> set[int]:
    """Of each stretch, the places of the least and the largest counts."""
    chosen: set[int] = set()
    for stretch in stretches:
        for column in columns:
            chosen |= {min(stretch, key=column.__getitem__), max(stretch, key=column.__getitem__)}
    return chosen


def _stretches(
    samples: Sequence[Sample], places: Sequence[int], stretches: int
) -> Iterator[Sequence[int]]:
    """The places, cut into equal parts of time; parts without a sample are left out."""
    times = [samples[place].at for place in places]
    first, length = times[0], times[-1] - times[0] + 1
    begun = 0
    for number in range(1, stretches + 1):
        ended = bisect_left(times, first + length * number / stretches)
        if ended > begun:
            yield places[begun:ended]
        begun = ended
