"""How many operations stand how, whoever began them: for machines that watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from batches.models import Operation, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Every state has its number; `waits_since` is when the oldest open one was asked for."""

    by_state: Mapping[State, int]
    waits_since: datetime | None


def tally_operations() -> Tally:
    """Two queries, which read an index and the rows that are open."""
    counted = Operation.objects.order_by().values_list("state").annotate(number=Count("*"))
    numbers = dict(counted)
    rows = Operation.objects.filter(state__in=State.open_states())
    return Tally(
        by_state={state: numbers.get(state, 0) for state in State},
        waits_since=rows.aggregate(first=Min("created_at"))["first"],
    )
