"""The open batches of a key with their estimates: those in staging and those in progress."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from batches.models import Estimate, SeenBatch
from batches.refonte import IN_PROGRESS, Counts
from batches.services import sql
from batches.services.estimates.read import shown_estimate
from batches.services.overview.types import OpenBatch


def open_batches(
    *, fingerprint: str, now: datetime, project: str | None = None
) -> tuple[OpenBatch, ...]:
    """Of all projects, or of one by its name. One query; the estimates without their paths.

    Not to be shown while Refonte refuses the key.
    """
    found = sql.find_open_estimated(fingerprint=fingerprint, project=project)
    return tuple(_open_batch(seen, row, now) for seen, row in found)


def _open_batch(seen: SeenBatch, row: Estimate | None, now: datetime) -> OpenBatch:
    counts = Counts.parse(seen.counts or {})
    total = counts.total
    return OpenBatch(
        id=seen.pk,
        name=seen.name,
        project=seen.project,
        status=seen.status or "",
        created_at=seen.created_at,
        counts=counts,
        counts_at=seen.counts_at,
        total=total,
        left=max(0, (total or 0) - counts.settled),
        estimate=shown_estimate(row, seen, now, counts) if row else None,
    )


def running(batches: Iterable[OpenBatch]) -> Iterator[OpenBatch]:
    return (one for one in batches if one.status == IN_PROGRESS)
