"""The samples of batches as arrays, for the estimator. Imports numpy: for the worker only.

Reads many batches with two queries, and makes no object of a sample: a batch may have 40,000.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batches.models import Sample, SampleDay, SeenBatch
from batches.models.samples import STATUS_CODES
from batches.refonte import Counts
from batches.services.forecast.types import Floats, Series
from batches.services.observations.packing import COLUMNS, PackingError, RawColumn, raw_columns
from batches.services.observations.series import MINUTE

# Of days that are packed, one sample in so many seconds is enough for a rhythm of hours.
STEP = 600
GAP = 20 * 60  # as for charts: both sides of a longer step are kept
FIELDS = ("minute", "second", *COLUMNS[1:])
COUNTS = COLUMNS[2:]
# A table of samples: a row a sample, a column for each of `COLUMNS`.
Table = NDArray[np.float64]


def series_of(batches: Sequence[SeenBatch]) -> dict[int, Series]:
    """By primary key, also of those without samples. Two queries."""
    tables: dict[int, list[Table]] = {row.pk: [] for row in batches}
    days = SampleDay.objects.filter(batch__in=tables).order_by("batch_id", "day")
    for batch, packed in days.values_list("batch_id", "packed").iterator():
        tables[batch] += _day(packed)
    for batch, rows in _hot(tables):
        tables[batch].append(rows)
    return {row.pk: _series(tables[row.pk], row) for row in batches}


def _hot(batches: Iterable[int]) -> Iterable[tuple[int, Table]]:
    """The samples of the last days, which are rows."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    rows = Sample.objects.filter(batch__in=list(batches)).order_by("batch_id", "minute")
    for batch, *values in rows.values_list("batch_id", *FIELDS).iterator():
        found.setdefault(batch, []).append(tuple(values))
    for batch, samples in found.items():
        table = np.array(samples, dtype=np.float64)  # None becomes nan
        at = table[:, 0] * MINUTE + table[:, 1]
        yield batch, np.column_stack((at, table[:, 2:]))


def _day(packed: bytes | memoryview) -> list[Table]:
    """One table, thinned; none where the day is damaged."""
    try:
        columns = raw_columns(packed)
    except PackingError:
        # `thinning` has logged it; the other days still say something
        return []
    table = np.column_stack([_numbers(one) for one in columns])
    return [table[_kept(table)]] if len(table) else []


def _numbers(raw: RawColumn) -> Floats:
    found = np.full(raw.length, np.nan)
    if raw.first is None:
        return found
    # whole numbers first: sums of floats would lose the last digits of large counts
    steps = np.fromiter(raw.steps, np.int64)
    known = raw.first + np.concatenate(([0], np.cumsum(steps)))
    if not raw.unknown:
        return known.astype(np.float64)
    bits = np.unpackbits(np.frombuffer(raw.unknown, np.uint8), bitorder="little")[: raw.length]
    found[bits == 0] = known
    return found


def _kept(table: Table) -> NDArray[np.bool_]:
    """The last sample of each `STEP`, and both sides of a gap and of a change of status."""
    at, status = table[:, 0], table[:, 1]
    is_seam = (np.diff(at) > GAP) | (np.diff(status) != 0)
    is_step = np.diff(at // STEP) != 0
    kept = np.ones(len(table), dtype=np.bool_)
    kept[:-1] = is_step | is_seam
    kept[1:] |= is_seam
    kept[0] = True
    return kept


def _series(tables: list[Table], row: SeenBatch) -> Series:
    """In order of time, each second once, with the newest look at the batch at its end."""
    # counts that stay the same become a sample only every 15 minutes
    table = np.concatenate([*tables, _now(row)]) if tables else _now(row)
    # a late sample may be in a day and in a row: the row is the newer one
    table = table[np.argsort(table[:, 0], kind="stable")]
    is_last = np.append(np.diff(table[:, 0]) > 0, True) if len(table) else np.zeros(0, np.bool_)
    table = table[is_last]
    numbers = dict(zip(COUNTS, table[:, 2:].T, strict=True))
    return Series(at=table[:, 0], status=table[:, 1].astype(np.int64), **numbers)


def _now(row: SeenBatch) -> Table:
    """The counts that an answer last had, as a table of one row, or of none."""
    if row.counts_at is None or not row.counts:
        return np.zeros((0, len(COLUMNS)))
    counts = Counts.parse(row.counts)
    values = (counts.completed, counts.pending, counts.error, counts.canceled, counts.total)
    at, status = int(row.counts_at.timestamp()), STATUS_CODES.get(row.status or "", 0)
    return np.array([(at, status, *values)], dtype=np.float64)
