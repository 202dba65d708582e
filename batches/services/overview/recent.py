"""What just completed with a key, and the last operations."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from batches.models import FinishedBatch, SeenBatch
from batches.models.samples import STATUS_CODES
from batches.refonte import COMPLETED, Counts
from batches.services.keys.types import KeyHandle
from batches.services.operations.listing import OperationFilters, list_operations
from batches.services.overview.types import Completed, Recent

SHOWN = 7
WEEK = timedelta(days=7)


def recent_of(*, user: User, key: KeyHandle, now: datetime) -> Recent:
    """Five queries. The operations that the person may see, of this key alone."""
    ended = FinishedBatch.objects.filter(
        fingerprint=key.fingerprint, status=STATUS_CODES[COMPLETED], ended_at__gt=now - WEEK
    )
    operations = list_operations(
        user=user,
        keys=(key,),
        filters=OperationFilters(fingerprints=frozenset(key.fingerprints)),
        limit=SHOWN,
    )
    return Recent(
        completed=_completed(key),
        in_week=ended.count(),
        operations=operations.operations,
    )


def _completed(key: KeyHandle) -> tuple[Completed, ...]:
    rows = FinishedBatch.objects.filter(
        fingerprint=key.fingerprint, status=STATUS_CODES[COMPLETED]
    ).order_by("-ended_at")
    ended = dict(rows.values_list("batch_id", "ended_at")[:SHOWN])
    seen = SeenBatch.objects.in_bulk(ended)
    return tuple(_one(seen[batch], at) for batch, at in ended.items() if batch in seen)


def _one(seen: SeenBatch, at: datetime) -> Completed:
    counts = Counts.parse(seen.counts or {})
    return Completed(
        name=seen.name,
        at=at,
        tasks=counts.total or 0,
        errors=counts.error or 0,
        created_at=seen.created_at,
    )
