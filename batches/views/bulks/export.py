"""A plan or a receipt as a CSV file: all its rows, sent while they are read."""

from collections.abc import Iterable, Iterator
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponseBase
from django.utils import timezone

from batches.models import Bulk
from batches.services.bulks.read import all_plan_rows, all_receipt_rows, find_bulk
from batches.services.bulks.types import PlanRow, ReceiptRow
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.templatetags.bulks import bulk_number, vendor_words
from batches.views.bulks.stages import UNCONFIRMED, stage_of
from batches.views.csv_cells import BOM, Cell, csv_text, time_cells
from batches.views.guards import or_404, page
from batches.views.request import Request
from batches.views.streaming import file_name, stream_file

# Scripts read the file by these names: they stay.
PLAN_COLUMNS = (
    *("name", "project", "group", "ticked", "why", "status", "tasks"),
    *("last_task_at_utc", "last_task_at_local", "read_at_utc", "read_at_local", "parameters"),
    "local_zone",
)
RECEIPT_COLUMNS = (
    *("name", "project", "outcome", "state", "message", "refonte_said", "http_status"),
    *(
        "request_id",
        "status_before",
        "status_after",
        "sent_at_utc",
        "sent_at_local",
        "settled_at_utc",
    ),
    *("settled_at_local", "operation", "tasks", "parameters", "local_zone"),
)


@page(Role.VIEWER)
def export_bulk(request: Request, bulk_id: UUID) -> HttpResponseBase:
    bulk = or_404(find_bulk(user=request.user, bulk_id=bulk_id))
    is_plan = stage_of(bulk) in UNCONFIRMED
    kind = "plan" if is_plan else "receipt"
    parts = (kind, bulk.key_mode, bulk.verb, bulk_number(bulk))
    return stream_file(
        request,
        name=file_name(parts, now=timezone.now(), ending="csv"),
        content_type="text/csv; charset=utf-8",
        lines=_lines(bulk, zone_of(request.user), is_plan=is_plan),
        close=lambda: None,
    )


def _lines(bulk: Bulk, zone: ZoneInfo, *, is_plan: bool) -> Iterator[str]:
    """Piece by piece: no more than a row is held."""
    columns = PLAN_COLUMNS if is_plan else RECEIPT_COLUMNS
    rows: Iterable[Iterable[Cell]] = (
        (_plan_cells(row, zone) for row in all_plan_rows(bulk))
        if is_plan
        else (_receipt_cells(row, zone) for row in all_receipt_rows(bulk))
    )
    yield BOM
    for row in chain([columns], rows):
        yield csv_text([row])


def _plan_cells(row: PlanRow, zone: ZoneInfo) -> Iterator[Cell]:
    yield from (row.name, row.project, row.group.value, _yes(row.is_ticked), row.message)
    yield from (row.status or None, row.total)
    yield from (*time_cells(row.grew_at, zone), *time_cells(row.read_at, zone))
    yield from (_parameters(row), zone.key)


def _receipt_cells(row: ReceiptRow, zone: ZoneInfo) -> Iterator[Cell]:
    operation = row.operation
    yield from (row.name, row.project, row.outcome.value)
    if operation is None:
        yield from (None, row.message, *[None] * 10)
    else:
        yield from (operation.state, row.message or operation.message, vendor_words(operation))
        yield from (operation.http_status, operation.request_id)
        yield from (operation.status_before, operation.status_after)
        yield from time_cells(operation.sent_at, zone)
        yield from time_cells(operation.settled_at, zone)
        yield str(operation.id)
    yield from (row.total, _parameters(row), zone.key)


def _parameters(row: PlanRow | ReceiptRow) -> str | None:
    return "; ".join(f"{name}={value}" for name, value in row.parameters.items()) or None


def _yes(value: bool) -> str:
    return "yes" if value else "no"
