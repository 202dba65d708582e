"""Histories of batches, stored as the recorder and the packer would have."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from batches.models import Sample as StoredSample
from batches.models import SampleDay, SeenBatch
from batches.models.names import name_digest
from batches.services.observations.packing import Sample, pack

NAME = "kitten-07"
DAY = 86_400


def seen_batch(fingerprint: str, name: str = NAME, **facts: Any) -> SeenBatch:
    """The recorded row of a batch, made where it is not there."""
    values: dict[str, Any] = {"name": name, "search": name, "status": "in_progress"}
    values |= {"project": "kittens", "seen_at": datetime.now(UTC), **facts}
    return SeenBatch.objects.update_or_create(
        fingerprint=fingerprint, digest=name_digest(name), defaults=values
    )[0]


def counted(at: float, completed: int | None, **facts: Any) -> Sample:
    """A sample of 900 tasks in progress."""
    known = {"status": 2, "error": 0, "cancelled": 0, "total": 900} | facts
    return Sample(at=int(at), completed=completed, **known)


def keep(fingerprint: str, samples: Iterable[Sample], name: str = NAME, **facts: Any) -> SeenBatch:
    """Store samples: one a minute at most, as rows."""
    last = list(samples)
    sampled_at = datetime.fromtimestamp(last[-1].at, UTC)
    row = seen_batch(fingerprint, name, sampled_at=sampled_at, **facts)
    StoredSample.objects.bulk_create(_row(row, one) for one in last)
    return row


def keep_packed(row: SeenBatch, samples: Iterable[Sample]) -> None:
    """Store samples of older days, packed by day."""
    for day, found in groupby(samples, key=lambda one: one.at // DAY):
        of_day = list(found)
        first, last = of_day[0], of_day[-1]
        SampleDay.objects.create(
            batch_id=row.pk,
            day=day,
            step=60,
            first_at=first.at,
            last_at=last.at,
            first_completed=first.completed,
            last_completed=last.completed,
            first_error=first.error,
            last_error=last.error,
            first_total=first.total,
            last_total=last.total,
            packed=pack(of_day),
        )


def _row(batch: SeenBatch, one: Sample) -> StoredSample:
    minute, second = divmod(one.at, 60)
    counts = {name: getattr(one, name) for name in ("completed", "pending", "error", "cancelled")}
    return StoredSample(
        batch=batch, minute=minute, second=second, status=one.status, total=one.total, **counts
    )
