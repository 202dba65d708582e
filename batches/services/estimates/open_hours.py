"""In which hours the batches in progress of a key were worked on so far.

An estimate of one of them uses the hours of the others: a key may have many batches in progress
before the first one ends. The worker only: imports numpy.
"""

from collections.abc import Iterable
from datetime import datetime

from batches.models import OpenCells, SeenBatch
from batches.services.estimates.finished import packed_cells, unpacked_cells
from batches.services.forecast.rhythm import cells_of, joined
from batches.services.forecast.types import Cells, Rhythm, Series


class OpenHours:
    """Of one key, for one run. Stored for the next one, as a run estimates only what is due."""

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        rows = OpenCells.objects.filter(fingerprint=fingerprint).values_list("batch_id", "cells")
        self._cells: dict[int, Cells] = {pk: unpacked_cells(bytes(cells)) for pk, cells in rows}
        self._changed: set[int] = set()

    def note(self, batch: SeenBatch, series: Series) -> None:
        cells = cells_of(series)
        # one on which nothing was done yet says nothing
        if cells.finished.any():
            self._cells[batch.pk] = cells
            self._changed.add(batch.pk)

    def rhythm_for(self, batch: SeenBatch, rhythm: Rhythm) -> Rhythm:
        """rhythm: what the key's finished batches say. Without the batch's own hours, which the
        estimator adds."""
        return joined(rhythm, [cells for pk, cells in self._cells.items() if pk != batch.pk])

    def store(self, now: datetime) -> None:
        """What was noted; to be called in a transaction, under the lease."""
        rows = [
            OpenCells(
                batch_id=pk,
                fingerprint=self.fingerprint,
                at=now,
                cells=packed_cells(self._cells[pk]),
            )
            for pk in sorted(self._changed)
        ]
        OpenCells.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=("batch",), update_fields=("at", "cells")
        )
        self._changed.clear()

    def forget(self, batches: Iterable[int]) -> None:
        """Batches that are not in progress any more; in a transaction, as above."""
        known = [pk for pk in batches if self._cells.pop(pk, None)]
        if known:
            self._changed.difference_update(known)
            OpenCells.objects.filter(batch__in=known).delete()
