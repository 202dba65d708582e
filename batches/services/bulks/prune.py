"""Deletes plans that nobody confirmed. What was confirmed is kept, with all its rows."""

from datetime import datetime, timedelta

from batches.models import Bulk, BulkRow, BulkState
from batches.services.row_locks import delete_rows

KEPT = timedelta(days=3)
NOT_CONFIRMED = (BulkState.READING, BulkState.PLANNED, BulkState.STOPPED)


def prune(*, now: datetime) -> int:
    """Returns how many plans were deleted."""
    old = Bulk.objects.filter(confirmed_at=None, state__in=NOT_CONFIRMED, created_at__lt=now - KEPT)
    deleted = 0
    for bulk in old.only("pk").order_by("pk"):
        # rows first and some at a time: a thousand in one transaction hold up SQLite's writers
        delete_rows(BulkRow.objects.filter(bulk=bulk).order_by("pk"))
        deleted += bool(bulk.delete()[0])
    return deleted
