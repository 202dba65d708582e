"""What a watcher sees of a batch: samples of its counts, with gaps and wrong clocks."""

from dataclasses import dataclass

import numpy as np

from batches.services.forecast.types import Floats, Series
from tests.backtest.batches import CANCELLED, COMPLETED, ERROR, Truth
from tests.backtest.clock import HOUR, MINUTE

Rng = np.random.Generator
UNCHANGED_EVERY = 15 * MINUTE
LONGEST = 30 * 24 * HOUR  # a stalled batch is watched for so long after it was opened
STAGING, IN_PROGRESS, DONE = 1, 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """How an account is watched. every: seconds. gaps: (from, to), in order.

    watched: share of the time in which somebody has a page open: a sample every 10 seconds then.
    keeps_all: also samples in which nothing changed; else one of these in 15 minutes.
    is_skewed: several readers, some with a wrong clock or an old answer.
    hides_errors: error and cancelled are not told, and not in the total.
    """

    every: float
    gaps: Floats
    watched: float = 0.0
    keeps_all: bool = False
    is_skewed: bool = False
    hides_errors: bool = False


def watch(truth: Truth, watcher: Watcher, rng: Rng) -> Series:
    """All samples of a batch, the last one being the first that sees its end."""
    at = _times(truth, watcher, rng)
    seen_at = at.copy()
    if watcher.is_skewed:
        odd = rng.random(len(at))
        seen_at -= np.where(odd < 0.1, rng.uniform(0, 15 * MINUTE, len(at)), 0)
        at += np.where((odd > 0.1) & (odd < 0.15), rng.normal(0, 4 * MINUTE, len(at)), 0)
        order = np.argsort(at, kind="stable")
        at, seen_at = at[order], seen_at[order]
    series = _series(truth, np.floor(at), seen_at, watcher.hides_errors)
    return series if watcher.keeps_all else _kept(series)


def until(series: Series, now: float) -> Series:
    return part(series, slice(0, int(np.searchsorted(series.at, now, "right"))))


def part(series: Series, which: slice | Floats) -> Series:
    names = ("at", "status", "completed", "error", "cancelled", "pending", "total")
    return Series(**{name: getattr(series, name)[which] for name in names})


def _times(truth: Truth, watcher: Watcher, rng: Rng) -> Floats:
    stop = min(truth.end, truth.opened_at + LONGEST) + 72 * HOUR
    at = np.arange(truth.created_at + rng.uniform(0, watcher.every), stop, watcher.every)
    at = np.concatenate([at + rng.uniform(0, 3, len(at)), *_open_pages(truth, watcher, rng)])
    at.sort()
    inside = np.searchsorted(watcher.gaps[:, 0], at, "right") - 1
    unseen = (inside >= 0) & (at < watcher.gaps[inside, 1]) if len(watcher.gaps) else at < 0
    at = at[~unseen]
    seen_end = int(np.searchsorted(at, truth.end)) + 1
    return at[:seen_end]


def _open_pages(truth: Truth, watcher: Watcher, rng: Rng) -> list[Floats]:
    """An hour or two, several times: who made the batch looks at it."""
    last = min(truth.end, truth.opened_at + LONGEST)
    count = rng.poisson(watcher.watched * (last - truth.opened_at) / HOUR)
    starts = rng.uniform(truth.opened_at, last, min(count, 8))
    return [np.arange(start, start + rng.uniform(0.2, 2) * HOUR, 10.0) for start in starts]


def _series(truth: Truth, at: Floats, seen_at: Floats, hides_errors: bool) -> Series:
    settled = np.searchsorted(truth.at, seen_at, "right")
    counts = [
        np.concatenate([[0.0], np.cumsum(truth.ends_as == one)])[settled]
        for one in (COMPLETED, ERROR, CANCELLED)
    ]
    for when, count in truth.returns:
        counts[COMPLETED] -= count * (seen_at >= when)
    # those that arrive before the batch is opened are there from the start
    total = np.searchsorted(truth.arrivals, np.maximum(seen_at, truth.opened_at), "right")
    pending = total - sum(counts)
    unknown = np.full(len(at), np.nan)
    status = np.where(seen_at < truth.opened_at, STAGING, IN_PROGRESS)
    return Series(
        at=at,
        status=np.where(seen_at >= truth.end, DONE, status),
        completed=counts[COMPLETED],
        error=unknown if hides_errors else counts[ERROR],
        cancelled=unknown if hides_errors else counts[CANCELLED],
        pending=pending,
        total=pending + counts[COMPLETED] if hides_errors else total.astype(float),
    )


def _kept(series: Series) -> Series:
    """As the product keeps samples: those with a change, else one in 15 minutes."""
    counts = np.stack([series.pending, series.completed, series.total, series.status])
    changed = np.any(counts[:, 1:] != counts[:, :-1], axis=0)
    quarter = series.at // UNCHANGED_EVERY
    return part(series, np.concatenate([[True], changed | (quarter[1:] != quarter[:-1])]))
