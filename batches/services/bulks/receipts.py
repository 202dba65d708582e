"""What became of the rows of a bulk: numbers that add up to all that was chosen, and rows."""

from collections.abc import Iterator
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.utils import timezone

from batches.models import Bulk, BulkRow, BulkState, CallMinute, Operation, PlanGroup, State
from batches.services.background.budget import minute_of
from batches.services.bulks.pace import Pace, pace_of
from batches.services.bulks.types import PAGE_SIZE, Receipt, ReceiptRow, ReceiptRows, RowOutcome

OUTCOMES: dict[str, RowOutcome] = {
    State.SUCCEEDED: RowOutcome.DONE,
    State.NO_EFFECT: RowOutcome.NO_EFFECT,
    State.REFUSED: RowOutcome.FAILED,
    State.NOT_SENT: RowOutcome.FAILED,
    State.NOT_DONE: RowOutcome.FAILED,
    State.SENDING: RowOutcome.UNKNOWN,
    State.CHECKING: RowOutcome.UNKNOWN,
    State.UNCONFIRMED: RowOutcome.UNKNOWN,
    State.WAITING: RowOutcome.LEFT,  # it is sent, or sent again, as soon as Refonte allows it
}
# In the order of a receipt. `_outcome_of` says the same of one row.
RANK = Case(
    *(
        When(operation__state=state, then=Value(list(RowOutcome).index(outcome)))
        for state, outcome in OUTCOMES.items()
    ),
    When(is_ticked=False, then=Value(list(RowOutcome).index(RowOutcome.SKIPPED))),
    When(~Q(left_out=""), then=Value(list(RowOutcome).index(RowOutcome.LEFT_OUT))),
    default=Value(list(RowOutcome).index(RowOutcome.LEFT)),
)


def receipt_of(bulk: Bulk) -> Receipt:
    """Five queries, however many rows there are."""
    now, counts = timezone.now(), count_outcomes(bulk)
    open_ones = Operation.objects.filter(bulk=bulk, state__in=State.open_states())
    pace = pace_of(bulk, now=now)
    return Receipt(
        chosen=bulk.rows_chosen,
        open=open_ones.count(),
        calls_a_row=pace.calls_a_row,
        seconds_a_row=pace.seconds_a_row,
        full_seconds_a_row=pace.full_seconds_a_row,
        seconds_left=_seconds_left(bulk, counts[RowOutcome.LEFT], pace, now),
        calls=_calls(bulk, now),
        limit=settings.BACKGROUND_CALLS_A_MINUTE,
        **{outcome.value: rows for outcome, rows in counts.items()},
    )


def count_outcomes(bulk: Bulk) -> dict[RowOutcome, int]:
    """Rows by outcome; together they are all that was chosen. One query."""
    ranked = _ranked(bulk).order_by().values_list("rank").annotate(rows=Count("pk"))
    return dict.fromkeys(RowOutcome, 0) | {list(RowOutcome)[rank]: rows for rank, rows in ranked}


def receipt_rows(
    bulk: Bulk,
    *,
    outcomes: tuple[RowOutcome, ...] = (),
    in_order_sent: bool = False,
    start: int = 0,
    limit: int = PAGE_SIZE,
) -> ReceiptRows:
    """Rows by outcome, failed ones first. outcomes: only these; empty for all. Two queries.

    in_order_sent: as they are sent, for the page of a bulk that runs.
    """
    rows = _ranked(bulk).order_by(*(("position",) if in_order_sent else ("rank", "position")))
    if outcomes:
        rows = rows.filter(rank__in=[list(RowOutcome).index(one) for one in outcomes])
    found = list(rows[start : start + limit + 1])
    more = start + limit if len(found) > limit else None
    return ReceiptRows(rows=_shown(found[:limit]), next=more)


def all_receipt_rows(bulk: Bulk) -> Iterator[ReceiptRow]:
    """For a CSV file, in the order of a receipt."""
    start: int | None = 0
    while start is not None:
        page = receipt_rows(bulk, start=start, limit=500)
        yield from page.rows
        start = page.next


def _ranked(bulk: Bulk) -> QuerySet[Any]:
    rows = BulkRow.objects.filter(bulk=bulk).select_related("operation")
    return rows.annotate(rank=RANK)


def _shown(rows: list[BulkRow]) -> tuple[ReceiptRow, ...]:
    made = {row.pk: row.operation for row in rows if hasattr(row, "operation")}
    follow_ups = Operation.objects.filter(parent__in=[one.pk for one in made.values()])
    by_parent = {one.parent_id: one for one in follow_ups}
    return tuple(_receipt_row(row, made.get(row.pk), by_parent) for row in rows)


def _receipt_row(
    row: BulkRow, operation: Operation | None, follow_ups: dict[UUID | None, Operation]
) -> ReceiptRow:
    outcome = _outcome_of(row, operation)
    return ReceiptRow(
        position=row.position,
        name=row.name,
        project=row.project,
        outcome=outcome,
        message=_message(row, operation, outcome),
        group=PlanGroup(row.group),
        status=row.status,
        total=row.total,
        operation=operation,
        follow_up=follow_ups.get(operation.pk) if operation else None,
        parameters=row.parameters,
    )


def _outcome_of(row: BulkRow, operation: Operation | None) -> RowOutcome:
    if operation is not None:
        return OUTCOMES[operation.state]
    if not row.is_ticked:
        return RowOutcome.SKIPPED
    return RowOutcome.LEFT_OUT if row.left_out else RowOutcome.LEFT


def _message(row: BulkRow, operation: Operation | None, outcome: RowOutcome) -> str:
    if operation is not None:
        return operation.message
    if outcome is RowOutcome.SKIPPED:
        return row.message  # why it was not ticked in the plan
    return row.left_out


def _seconds_left(bulk: Bulk, rows: int, pace: Pace, now: datetime) -> int | None:
    if bulk.state != BulkState.RUNNING:
        return None
    waits = bulk.next_at - now if bulk.next_at and bulk.wait_message else None
    seconds = max(0.0, waits.total_seconds()) if waits else 0.0
    return ceil(seconds + rows * pace.seconds_a_row)


def _calls(bulk: Bulk, now: datetime) -> int:
    """Of people and background with the key, in this minute."""
    rows = CallMinute.objects.filter(fingerprint=bulk.fingerprint, minute=minute_of(now))
    return rows.values_list(F("people") + F("background"), flat=True).first() or 0
