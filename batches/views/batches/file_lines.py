"""The lines of the list as a file: CSV for spreadsheets, JSON Lines for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from batches.services.batches.export_pages import ExportPage
from batches.views.batches.file_rows import Field, cut_text, values_of
from batches.views.csv_cells import BOM, Cell, csv_text, time_cells
from batches.views.file_format import JSON_LINES, FileFormat
from batches.views.json_lines import json_line

ZONE = "local_zone"  # the last column, of each row


def file_lines(
    chosen: FileFormat, pages: Iterable[ExportPage], fields: Sequence[Field], zone: ZoneInfo
) -> Iterator[str]:
    if chosen == JSON_LINES:
        return json_lines(pages, fields)
    return csv_lines(pages, fields, zone, chosen.separator)


def csv_lines(
    pages: Iterable[ExportPage], fields: Sequence[Field], zone: ZoneInfo, separator: str = ","
) -> Iterator[str]:
    """In pieces: the header at once, then the lines of each page when it is read."""
    head = [column for field in fields for column in _columns(field)]
    yield BOM + csv_text([[*head, ZONE]], separator)
    for page in pages:
        if page.rows:
            rows = (_cells(values_of(row, page), fields, zone) for row in page.rows)
            yield csv_text(rows, separator)
        if page.cut:
            # filled with empty cells, as RFC 4180 wants the same number of them in each line
            yield csv_text([(cut_text(page.cut), *[None] * len(head))], separator)


def json_lines(pages: Iterable[ExportPage], fields: Sequence[Field]) -> Iterator[str]:
    """The same as objects; what the file lacks is an object with `incomplete` alone."""
    for page in pages:
        for row in page.rows:
            values = values_of(row, page)
            yield json_line({field.name: _figure(values[field.name]) for field in fields})
        if page.cut:
            yield json_line({"incomplete": cut_text(page.cut)})


def _columns(field: Field) -> tuple[str, ...]:
    return (f"{field.name}_utc", f"{field.name}_local") if field.is_time else (field.name,)


def _cells(values: dict[str, Any], fields: Sequence[Field], zone: ZoneInfo) -> Iterator[Cell]:
    for field in fields:
        if field.is_time:
            yield from time_cells(values[field.name], zone)
        else:
            yield _cell(values[field.name])
    yield zone.key


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "; ".join(value) or None
    if isinstance(value, float):
        return f"{value:.1f}"
    # `f`, as `normalize` makes 1E+2 of 100
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _figure(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return round(value, 1) if isinstance(value, float) else value
