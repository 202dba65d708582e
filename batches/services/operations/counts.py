"""How many operations are in which state, of all people: for `/metrics`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet

from batches.models import Operation, State
from batches.models.operations import EVERY_ROW

# An operation is in the database so soon after its `created_at`, whichever host wrote it.
LATEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationCounts:
    """by_state: has every state. oldest_open_at: when the oldest open one was recorded."""

    by_state: Mapping[State, int]
    oldest_open_at: datetime | None


class OperationCounter:
    """Counts operations, reading as few rows as possible."""

    def __init__(self) -> None:
        # what is older than every open operation is counted once: a settled one changes no more
        self._old: Counter[str] = Counter()
        self._old_until: datetime | None = None

    def count(self, *, now: datetime) -> OperationCounts:
        """Reads what is open, and what came in since ten minutes before the last time. The first
        time, and where the clock was set back, an index of all. Raises django.db.Error.
        """
        still_open = Operation.objects.filter(state__in=State.open_states())
        oldest_open_at = still_open.aggregate(first=Min("created_at"))["first"]
        until = min(now - LATEST, oldest_open_at or now)
        self._count_old(until)
        numbers = self._old + _by_state(_rows().filter(created_at__gte=until))
        return OperationCounts(
            by_state={state: numbers[state] for state in State}, oldest_open_at=oldest_open_at
        )

    def _count_old(self, until: datetime) -> None:
        rows = _rows().filter(created_at__lt=until)
        if self._old_until is None or until < self._old_until:
            self._old = _by_state(rows)
        else:
            self._old += _by_state(rows.filter(created_at__gte=self._old_until))
        self._old_until = until


def _rows() -> QuerySet[Operation]:
    """All operations, by a condition that an index serves."""
    # all states by name: the index by state then has each as one range of times
    return Operation.objects.filter(EVERY_ROW, state__in=State.values).order_by()


def _by_state(rows: QuerySet[Operation]) -> Counter[str]:
    return Counter(dict(rows.values_list("state").annotate(number=Count("*"))))
