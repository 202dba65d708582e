"""What ended batches leave for later estimates: made from their samples, stored, and read again.

The worker only: imports numpy.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from batches.models import FinishedBatch, SeenBatch
from batches.models.names import name_digest
from batches.models.samples import STATUS_CODES
from batches.refonte import COMPLETED
from batches.services.estimates.due import ENDED
from batches.services.forecast.errors import errors_in
from batches.services.forecast.newest import EACH, NEWEST, newest
from batches.services.forecast.replay import replay
from batches.services.forecast.rhythm import cells_of, rhythm_of
from batches.services.forecast.staging import time_in_staging
from batches.services.forecast.tidy import cut
from batches.services.forecast.types import HOURS_A_WEEK, Cells, Floats, Replay, Rhythm, Series

# Another number where cells or replays of the estimator mean something else than before: the worker
# then makes all rows of a key again.
VERSION = 3
ARRAYS = ("at", "recent", "done", "left", "grew")  # of a replay
PACKED = "<f4"  # as the machine that reads a copy of the database may have another byte order


def project_of(batch: SeenBatch) -> str:
    """Stands for its project in rows and in the estimator, as a name may be of any length."""
    return name_digest(batch.project or "")


class Account:
    """The completed batches of a key: what an estimate needs of them."""

    def __init__(self, rows: Sequence[FinishedBatch]) -> None:
        self._rows = sorted(rows, key=_ended)

    @classmethod
    def of(cls, fingerprint: str) -> "Account":
        rows = FinishedBatch.objects.filter(batch__in=_newest(fingerprint))
        return cls(list(rows))

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: FinishedBatch) -> None:
        """Add a batch that ended just now, or again."""
        rows = [one for one in self._rows if one.batch_id != row.batch_id]
        self._rows = newest(
            sorted([*rows, row] if row.cells else rows, key=_ended), lambda one: one.project
        )

    def rhythm(self) -> Rhythm:
        """Of no batch: what is likely of any account."""
        return rhythm_of([unpacked_cells(bytes(one.cells or b"")) for one in self._rows])

    def replays(self) -> list[Replay]:
        """Oldest first."""
        return [_read_replay(one) for one in self._rows if one.replay]


def _newest(fingerprint: str) -> "QuerySet[FinishedBatch, int]":
    """Primary keys of those that estimates use, as `newest` has them: of no project too many."""
    place = Window(
        RowNumber(), partition_by="project", order_by=(F("ended_at").desc(), F("batch_id").desc())
    )
    rows = FinishedBatch.objects.filter(fingerprint=fingerprint, cells__isnull=False)
    rows = rows.annotate(place=place).filter(place__lte=EACH)
    return rows.order_by("-ended_at", "-batch_id").values_list("pk", flat=True)[:NEWEST]


def finished_row(batch: SeenBatch, series: Series) -> FinishedBatch | None:
    """The row of an ended batch; None where it has no sample."""
    series = until_end(series)
    if not len(series.at):
        return None
    ended, (errors, settled) = moment(series.at[-1]), errors_in(series)
    row = FinishedBatch(
        batch=batch,
        fingerprint=batch.fingerprint,
        project=project_of(batch),
        status=STATUS_CODES[batch.status or ""],
        ended_at=ended,
        settled=round(settled),
        errors=round(errors),
        staging_seconds=_staging_seconds(batch, series),
    )
    if batch.status == COMPLETED:
        found = replay(series, project=row.project)
        row.cells, row.replay = packed_cells(cells_of(series)), _stored_replay(found)
    return row


def until_end(series: Series) -> Series:
    """Up to the first sample of the last time that it was seen ended."""
    has_ended = np.isin(series.status, [STATUS_CODES[one] for one in ENDED])
    if not len(has_ended) or not has_ended[-1]:
        return series
    open_ones = np.flatnonzero(~has_ended)
    return cut(series, int(open_ones[-1]) + 2 if len(open_ones) else 1)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _ended(row: FinishedBatch) -> tuple[datetime, int]:
    return row.ended_at, row.batch_id


def _staging_seconds(batch: SeenBatch, series: Series) -> int | None:
    began = batch.created_at.timestamp() if batch.created_at else float(series.at[0])
    seconds = time_in_staging(series, created_at=began)
    return None if seconds is None else max(0, round(seconds))


def packed_cells(cells: Cells) -> bytes:
    return np.concatenate((cells.finished, cells.expected)).astype(PACKED).tobytes()


def unpacked_cells(packed: bytes) -> Cells:
    numbers = np.frombuffer(packed, PACKED).astype(np.float64)
    return Cells(finished=numbers[:HOURS_A_WEEK], expected=numbers[HOURS_A_WEEK:])


def _stored_replay(found: Replay) -> dict[str, Any]:
    facts = {"began": found.began, "ended": found.ended, "tasks": found.tasks}
    return facts | {name: _numbers(getattr(found, name)) for name in ARRAYS}


def _read_replay(row: FinishedBatch) -> Replay:
    stored = row.replay or {}
    # null becomes nan
    arrays = {name: np.array(stored[name], dtype=np.float64) for name in ARRAYS}
    return Replay(
        project=row.project,
        began=stored["began"],
        ended=stored["ended"],
        tasks=stored["tasks"],
        **arrays,
    )


def _numbers(values: Floats) -> list[float | None]:
    """JSON has no nan."""
    return [round(float(one), 6) if np.isfinite(one) else None for one in values]
