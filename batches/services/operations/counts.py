"""How many operations are in which state, of all people: for `/metrics`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from batches.models import Operation, State


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationCounts:
    """by_state: has every state. oldest_open_at: when the oldest open one was recorded."""

    by_state: Mapping[State, int]
    oldest_open_at: datetime | None


def count_operations() -> OperationCounts:
    """Two queries, which read an index and the rows that are open."""
    counted = Operation.objects.order_by().values_list("state").annotate(number=Count("*"))
    numbers = dict(counted)
    rows = Operation.objects.filter(state__in=State.open_states())
    return OperationCounts(
        by_state={state: numbers.get(state, 0) for state in State},
        oldest_open_at=rows.aggregate(first=Min("created_at"))["first"],
    )
