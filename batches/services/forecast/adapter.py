"""Estimates from nothing but series, for scoring from outside. The product has its own state."""

from weakref import WeakKeyDictionary

from batches.services.forecast.estimate import estimate as full_estimate
from batches.services.forecast.newest import newest
from batches.services.forecast.replay import replay
from batches.services.forecast.rhythm import cells_of, joined, rhythm_of
from batches.services.forecast.types import (
    Cells,
    Context,
    Estimate,
    PastBatch,
    Range,
    Replay,
    Rhythm,
    Series,
    Silence,
)

# Computed once for a finished batch, and for each set of them.
_cells: WeakKeyDictionary[PastBatch, Cells] = WeakKeyDictionary()
_replays: WeakKeyDictionary[PastBatch, Replay] = WeakKeyDictionary()
_rhythms: dict[tuple[int, ...], tuple[tuple[PastBatch, ...], Rhythm]] = {}


def estimate(series: Series, now: float, context: Context) -> Range | Silence:
    """The range in which the batch ends, or why there is none."""
    rhythm, replays = known_of(context)
    found = full_estimate(
        series,
        now=now,
        rhythm=rhythm,
        replays=replays,
        project=context.project,
        priority_changes=context.prioritized_at,
    )
    return found.range if isinstance(found, Estimate) else found


def known_of(context: Context) -> tuple[Rhythm, list[Replay]]:
    """What the account's finished batches leave, and the hours of its open ones so far."""
    past = tuple(newest(sorted(context.finished, key=_ended), lambda one: one.project))
    rhythm = joined(_rhythm(past), [cells_of(one.series) for one in context.open])
    return rhythm, [_replay(one) for one in past]


def _ended(batch: PastBatch) -> float:
    return float(batch.series.at[-1]) if len(batch.series.at) else 0.0


def _rhythm(past: tuple[PastBatch, ...]) -> Rhythm:
    key = tuple(map(id, past))
    if key not in _rhythms:
        # the batches are kept with it, so that no other gets the id of one
        _rhythms[key] = past, rhythm_of([_cell(one) for one in past])
    return _rhythms[key][1]


def _cell(batch: PastBatch) -> Cells:
    if batch not in _cells:
        _cells[batch] = cells_of(batch.series)
    return _cells[batch]


def _replay(batch: PastBatch) -> Replay:
    if batch not in _replays:
        _replays[batch] = replay(batch.series, project=batch.project)
    return _replays[batch]
