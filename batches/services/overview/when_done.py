"""When several batches are all done: the range in which the last of them ends.

Each batch has a range that holds its end 8 times in 10, and batches of one account are late
together, but not always. So the early end is right if they move as one, the late end if each moves
alone, and between them the last one ends at least 8 times in 10: see docs/forecast.md.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from math import erf, log, sqrt
from statistics import NormalDist

from batches.services.estimates.types import BatchEstimate
from batches.services.overview.open_batches import running
from batches.services.overview.types import OpenBatch, WhenDone

SHARE = 0.9  # that all are done by the late end
SIGMAS = NormalDist().inv_cdf(SHARE)
SURE = 4.0  # sigmas: a batch whose end is so far away changes nothing
NEARLY = 0.005  # a late end is not moved for less
STEPS = 30  # halvings, from weeks to less than a second
LEAST = 1.0  # seconds


def has_range(batch: OpenBatch) -> bool:
    estimate = batch.estimate
    return bool(estimate and estimate.low and estimate.mid and estimate.high)


def when_done(*, batches: Sequence[OpenBatch], now: datetime) -> WhenDone:
    """Of all batches in progress; those without an estimate are counted and left out."""
    open_ones = list(running(batches))
    known = [one.estimate for one in open_ones if one.estimate and has_range(one)]
    silent = [one for one in open_ones if not has_range(one)]
    low, high = _range(known, now)
    return WhenDone(
        low=low,
        high=high,
        running=len(open_ones),
        silent=len(silent),
        left=sum(one.left for one in silent),
    )


def _range(
    estimates: Collection[BatchEstimate], now: datetime
) -> tuple[datetime | None, datetime | None]:
    ends = [(one.low, one.mid, one.high) for one in estimates]
    if not ends:
        return None, None
    low = max(low for low, _, _ in ends if low)
    high = max(high for _, _, high in ends if high)
    curves = [_curve(_seconds(mid, now), _seconds(high, now)) for _, mid, high in ends]
    return low, now + timedelta(seconds=_late_end(curves, _seconds(high, now)))


def _seconds(moment: datetime | None, now: datetime) -> float:
    return max(LEAST, (moment - now).total_seconds()) if moment else LEAST


Curve = tuple[float, float]  # of the logarithm of the seconds left: middle, spread


def _curve(mid: float, high: float) -> Curve:
    return log(mid), max(1e-6, (log(max(mid, high)) - log(mid)) / SIGMAS)


def _late_end(curves: Collection[Curve], at_least: float) -> float:
    """Seconds until all are done with a chance of `SHARE`, if each is late for itself."""
    late = [one for one in curves if (log(at_least) - one[0]) / one[1] < SURE]
    if _chance(late, at_least) >= SHARE - NEARLY:
        return at_least
    first, last = at_least, 2 * at_least
    while _chance(late, last) < SHARE:
        first, last = last, 2 * last
    for _ in range(STEPS):
        middle = (first + last) / 2
        first, last = (first, middle) if _chance(late, middle) >= SHARE else (middle, last)
    return last


def _chance(curves: Collection[Curve], seconds: float) -> float:
    chance, at = 1.0, log(seconds)
    for middle, spread in curves:
        chance *= 0.5 * (1 + erf((at - middle) / spread / sqrt(2)))
    return chance
