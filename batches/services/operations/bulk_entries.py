"""A bulk in the list of operations: how its operations ended, and the first of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Value, When

from batches.models import Bulk, Operation, State

# Of an opened bulk; the rest is on its receipt.
TROUBLE_SHOWN, DONE_SHOWN = 18, 2
# What somebody should look at, in the order of a receipt. Waiting ones are to come.
FAILED = (State.REFUSED, State.NOT_SENT, State.NOT_DONE)
UNKNOWN = (State.CHECKING, State.SENDING, State.UNCONFIRMED)
TROUBLE = (*FAILED, *UNKNOWN, State.NO_EFFECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEntry:
    """by_state: how many of its operations are in each state; others are still to come."""

    bulk: Bulk
    by_state: Mapping[str, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        return self.by_state.get(State.SUCCEEDED, 0)

    @property
    def failed(self) -> int:
        return sum(self.by_state.get(state, 0) for state in FAILED)

    @property
    def unknown(self) -> int:
        return sum(self.by_state.get(state, 0) for state in UNKNOWN)

    @property
    def without_effect(self) -> int:
        return self.by_state.get(State.NO_EFFECT, 0)

    @property
    def number(self) -> int:
        """How many batches it was to change."""
        return max(self.bulk.rows_ticked, sum(self.by_state.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBulk:
    """Its operations, trouble first. more: how many more there are, all of them done or waiting
    where `is_trouble_whole`.
    """

    operations: tuple[Operation, ...]
    more: int
    is_trouble_whole: bool


def open_bulk(*, entry: BulkEntry) -> OpenedBulk:
    """Trouble first, in the order of its receipt, then some of what is done."""
    rows = Operation.objects.filter(bulk=entry.bulk, parent=None)
    places = [When(state=state, then=Value(place)) for place, state in enumerate(TROUBLE)]
    by_trouble = Case(*places, default=Value(len(TROUBLE)), output_field=IntegerField())
    trouble = rows.filter(state__in=TROUBLE).order_by(by_trouble, "created_at", "id")
    shown = list(trouble[:TROUBLE_SHOWN])
    is_whole = len(shown) == entry.failed + entry.unknown + entry.without_effect
    if is_whole:
        others = rows.exclude(state__in=TROUBLE).order_by("created_at", "id")
        shown += others[:DONE_SHOWN]
    more = max(0, sum(entry.by_state.values()) - len(shown))
    return OpenedBulk(operations=tuple(shown), more=more, is_trouble_whole=is_whole)


def count_states(bulks: Iterable[Bulk]) -> dict[UUID, dict[str, int]]:
    """One query for all. A first priority belongs to its create, and is no row of the bulk."""
    rows = Operation.objects.order_by().filter(bulk__in=[one.pk for one in bulks], parent=None)
    counts: dict[UUID, dict[str, int]] = {}
    for bulk_id, state, number in rows.values_list("bulk", "state").annotate(Count("id")):
        counts.setdefault(bulk_id, {})[state] = number
    return counts
