"""Tasks an hour: the work that was seen in each stretch of time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from batches.services.chart.lines import changed
from batches.services.chart.types import Bar
from batches.services.observations.days import KEPT_STEPS, STEPS
from batches.services.observations.packing import Sample

HOUR, DAY = 3_600, 86_400
MOST = 192
THINNED = 3 * KEPT_STEPS[-1]
OLD = STEPS[-1][0] // timedelta(seconds=1)
WIDTHS = (HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY)


def width_of(seconds: int, *, old: int = 0) -> int:
    """The narrowest bar of which not too many fill this time. old: how long ago it began."""
    # samples that were thinned to one in two hours do not say in which of them work was done
    least = THINNED if old > OLD else HOUR
    return next((one for one in WIDTHS if one >= least and seconds <= MOST * one), WIDTHS[-1])


def begin_of(at: int, *, width: int, zone: tzinfo) -> int:
    """When the bar began that this second belongs to: days begin at the reader's midnight."""
    shift = datetime.fromtimestamp(at, zone).utcoffset()
    seconds = int(shift.total_seconds()) if shift else 0
    return (at + seconds) // width * width - seconds


def bars_of(
    samples: Sequence[Sample],
    *,
    breaks: Collection[int],
    steps: Collection[int] = (),
    until: int | None = None,
    width: int,
    zone: tzinfo,
) -> tuple[Bar, ...]:
    """Bars with work in them, oldest first. Work across a gap belongs to none.

    A step counts where it was seen: samples are a minute apart while counts change. steps: tasks
    sent back after a finished time are no work undone. until: the last second that was watched.
    """
    sums: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    left_out, begun, ended = frozenset((*breaks, *steps)), 0, -1
    for place, completed, error in _steps(samples):
        if place in left_out:
            continue
        at = samples[place].at - 1  # what is seen at 14:00:00 was done before
        # the offset of a zone costs more than the rest of the step
        if not begun <= at < ended:
            begun = begin_of(at, width=width, zone=zone)
            ended = begun + width
        sums[begun][0] += completed
        sums[begun][1] += error
    # counts may fall, and nobody did less than nothing
    times = _watched(samples, breaks, until)
    return tuple(
        Bar(at, max(0, done), max(0, bad), _shared(times, at, at + width))
        for at, (done, bad) in sorted(sums.items())
    )


def _watched(
    samples: Sequence[Sample], breaks: Collection[int], until: int | None
) -> list[tuple[int, int]]:
    """The times between gaps, in order."""
    if not samples:
        return []
    begins = [samples[0].at, *(samples[place].at for place in sorted(breaks))]
    last = samples[-1].at if until is None else until
    ends = [*(samples[place - 1].at for place in sorted(breaks)), last]
    return list(zip(begins, ends, strict=True))


def _shared(times: Sequence[tuple[int, int]], since: int, until: int) -> int:
    """Seconds of these times between two others. Bars are few and so are gaps."""
    first = max(0, bisect_right(times, (since,)) - 1)
    total = 0
    for begun, ended in times[first:]:
        if begun >= until:
            break
        total += max(0, min(ended, until) - max(begun, since))
    return total


def _steps(samples: Sequence[Sample]) -> Iterator[tuple[int, int, int]]:
    """Places of the samples that changed, with the tasks completed and failed since the last."""
    completed, errors = [one.completed for one in samples], [one.error for one in samples]
    for place in sorted({*changed(completed), *changed(errors)}):
        done = _step(completed[place - 1], completed[place])
        failed = _step(errors[place - 1], errors[place])
        if done or failed:
            yield place, done, failed


def _step(before: int | None, after: int | None) -> int:
    # an unknown count is not 0: the whole next count would appear as work
    return 0 if before is None or after is None else after - before
