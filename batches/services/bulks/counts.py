"""How many bulks the worker has to do, of all people: for `/metrics`."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from batches.models import Bulk, BulkRow, BulkState


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkCounts:
    """rows_left: of running bulks, to be sent. late_seconds: since the first step was due."""

    reading: int
    running: int
    rows_left: int
    late_seconds: float


def count_bulks(*, now: datetime) -> BulkCounts:
    """Three queries, over the few bulks that are not ended."""
    working = Bulk.objects.filter(state__in=BulkState.working_states())
    by_state = dict(working.order_by().values_list("state").annotate(number=Count("pk")))
    left = BulkRow.objects.filter(
        bulk__state=BulkState.RUNNING, is_ticked=True, left_out="", operation=None
    )
    first = working.aggregate(first=Min("next_at"))["first"]
    return BulkCounts(
        reading=by_state.get(BulkState.READING, 0),
        running=by_state.get(BulkState.RUNNING, 0),
        rows_left=left.count(),
        # the clock may have been set back since
        late_seconds=max(0.0, (now - first).total_seconds()) if first else 0.0,
    )
