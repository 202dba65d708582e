"""The alarms from nothing but series, as `services/forecast/adapter.py` gives estimates."""

from weakref import WeakKeyDictionary

from batches.services.forecast.rhythm import cells_of, rhythm_of
from batches.services.forecast.stall import Quiet, quiet_of, steps_of
from batches.services.forecast.types import Cells, Context, PastBatch, Rhythm, Series

# Computed once for a finished batch, and for each set of them.
_cells: WeakKeyDictionary[PastBatch, Cells] = WeakKeyDictionary()
_rhythms: dict[tuple[int, ...], tuple[tuple[PastBatch, ...], Rhythm]] = {}


def check_stall(series: Series, now: float, context: Context) -> Quiet | None:
    others = [steps_of(one.series) for one in context.open]
    return quiet_of(series, now=now, rhythm=_rhythm(context.finished), others=others)


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
