"""Selects the samples that a chart draws. Each is one that was stored: nothing is averaged."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count, islice
from operator import add, ne

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
    places: Sequence[int] = range(len(samples))
    stretches, columns = STRETCHES, _columns(samples)
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
    statuses = [one.status for one in samples]
    unknown = [one.completed is None for one in samples]
    changes = {*changed(statuses), *changed(unknown)}
    return changes | {place - 1 for place in changes}


def changed(values: Sequence[object]) -> Iterator[int]:
    """Places of the values that differ from the one before."""
    # without a loop in Python: a chart may have 25,000 samples
    return compress(count(1), map(ne, values, islice(values, 1, None)))


def _columns(samples: Sequence[Sample]) -> list[Sequence[int]]:
    """The counts whose extremes are drawn."""
    # an unknown count is less than any: what is not known is drawn too, as a hole in the line
    completed = _known([one.completed for one in samples], -1)
    total = _known([one.total for one in samples], -1)
    errors = _known([one.error for one in samples], 0)
    cancelled = _known([one.cancelled for one in samples], 0)
    return [completed, list(map(add, completed, map(add, errors, cancelled))), total]


def _known(counts: Sequence[int | None], unknown: int) -> Sequence[int]:
    return [unknown if one is None else one for one in counts]


def _extremes(columns: Sequence[Sequence[int]], stretches: Iterable[Sequence[int]]) -> set[int]:
    """Of each stretch, the places of the least and the largest counts."""
    chosen: set[int] = set()
    for stretch in stretches:
        for column in columns:
            counts = _counts(column, stretch)
            # found by value: with a key, Python would call a function for each of 25,000 samples
            chosen |= {stretch[counts.index(limit)] for limit in (min(counts), max(counts))}
    return chosen


def _counts(column: Sequence[int], places: Sequence[int]) -> Sequence[int]:
    if isinstance(places, range):
        return column[places.start : places.stop]
    return [column[place] for place in places]


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
