"""The list of operations as a file: its fields, and its lines as CSV or JSON Lines."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from batches.models import Operation
from batches.services.operations.export import OperationsPart
from batches.views.csv_cells import BOM, Cell, csv_text, time_cells
from batches.views.file_format import JSON_LINES, FileFormat
from batches.views.json_lines import json_line

TIMES = ("requested_at", "sent_at", "settled_at")
# Scripts read files by these names: they stay, and new ones come last.
FIELDS = (
    *("id", *TIMES, "person", "what", "batch", "project", "parameters", "outcome", "result"),
    *("answer", "http_status", "request_id", "status_before", "status_after"),
    *("key", "key_mode", "bulk", "reason", "follows"),
)
ZONE = "local_zone"
NONE = "—"  # of a request id that Refonte did not give


def operation_lines(
    chosen: FileFormat, parts: Iterable[OperationsPart], zone: ZoneInfo
) -> Iterator[str]:
    """In pieces, each of one page."""
    if chosen == JSON_LINES:
        return _json_lines(parts)
    return _csv_lines(parts, zone, chosen.separator)


def cut_text(part: OperationsPart) -> str:
    return f"Incomplete: {part.cut}"


def _json_lines(parts: Iterable[OperationsPart]) -> Iterator[str]:
    for part in parts:
        if part.operations:
            yield "".join(json_line(_values(one, part)) for one in part.operations)
        if part.cut:
            yield json_line({"incomplete": cut_text(part)})


def _csv_lines(parts: Iterable[OperationsPart], zone: ZoneInfo, separator: str) -> Iterator[str]:
    head = [column for name in FIELDS for column in _columns(name)]
    yield BOM + csv_text([[*head, ZONE]], separator)
    for part in parts:
        if part.operations:
            rows = (_cells(_values(one, part), zone) for one in part.operations)
            yield csv_text(rows, separator)
        if part.cut:
            yield csv_text([(cut_text(part), *[None] * len(head))], separator)


def _values(one: Operation, part: OperationsPart) -> dict[str, Any]:
    """Each of FIELDS; what there is not is None."""
    values = {
        "id": str(one.id),
        "requested_at": one.created_at,
        "sent_at": one.sent_at,
        "settled_at": one.settled_at,
        "person": one.username,
        "what": one.verb,
        "batch": one.batch_name,
        "project": one.project,
        "parameters": one.parameters,
        "outcome": one.state,
        "result": one.message,
        "answer": one.answer_message,
        "http_status": one.http_status,
        "request_id": one.request_id,
        "status_before": one.status_before,
        "status_after": one.status_after,
        "key": one.key_label,
        "key_mode": one.key_mode,
        "bulk": str(one.bulk_id) if one.bulk_id else None,
        "reason": part.reasons.get(one.bulk_id) if one.bulk_id else None,
        "follows": str(one.parent_id) if one.parent_id else None,
    }
    return {name: None if value in ("", {}) else value for name, value in values.items()}


def _columns(name: str) -> tuple[str, ...]:
    return (f"{name}_utc", f"{name}_local") if name in TIMES else (name,)


def _cells(values: dict[str, Any], zone: ZoneInfo) -> Iterator[Cell]:
    for name in FIELDS:
        value = values[name]
        if name in TIMES:
            yield from time_cells(value, zone)
        elif name == "request_id":
            yield value or NONE
        else:
            yield json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
    yield zone.key
