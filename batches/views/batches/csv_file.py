"""The list as a CSV file (RFC 4180): its name, columns and cells, and its last line."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from batches.services.batches.export_pages import Bound, Cut, ExportPage
from batches.services.batches.filters import ListFilters
from batches.services.batches.rows import Row
from batches.templatetags.freshness import failure_reason
from batches.templatetags.times import in_zone

# Scripts read the file by these names: they stay.
COLUMNS = (
    *("name", "project", "status", "created_at_utc", "created_at_local"),
    *("pending", "completed", "error", "canceled", "other_counts", "total", "settled_percent"),
    *("counts_as_of_utc", "counts_as_of_local", "priority_sent", "priority_sent_by"),
    *("priority_sent_at_utc", "priority_sent_at_local", "priority_sent_state"),
    *("status_as_of_utc", "status_as_of_local", "due_at_utc", "due_at_local", "owner"),
    *("estimate_low_utc", "estimate_low_local", "estimate_high_utc", "estimate_high_local"),
    *("speed_per_hour", "alarms", "local_zone"),
)
# By their names in the address. Excel expects the one of its country.
SEPARATORS = {"comma": ",", "semicolon": ";"}
PART_BYTES = 48  # a file name has 255 bytes at most, and this one up to three free parts
DASHES = re.compile(r"-{2,}")
BOM = "\ufeff"  # without it Excel takes UTF-8 for its own code page
Cell = str | int | None


def _formula(also: str) -> re.Pattern[str]:
    """The beginning of a formula. also: the separator that this file does not use."""
    # A program that takes another separator, a tab or a line's end for the end of a cell finds the
    # beginning of a cell there too. A text that begins with a quote gets a second one, so that two
    # different texts never become the same cell.
    ends = rf"{also}\t\r\n"
    return re.compile(rf"^(?=[\t\r\n])|(^|[{ends}])(?='|[^\S\t\r\n]*[-=+@＝＋－＠])")


FORMULA = {",": _formula(";"), ";": _formula(",")}


def csv_name(*, mode: str, filters: ListFilters, now: datetime) -> str:
    """Like `batches-live-annotation-team-in_progress-2026-11-26T1402Z.csv`, in UTC."""
    parts = (_safe(part) for part in ("batches", mode, *_filter_parts(filters)))
    made_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ")
    return "-".join([*filter(None, parts), made_at]) + ".csv"


def _filter_parts(filters: ListFilters) -> Iterator[str]:
    yield from (filters.project, filters.status, filters.attention, filters.created)
    if filters.start:
        yield f"from-{filters.start}"
    if filters.end:
        yield f"to-{filters.end}"
    yield filters.q


def _safe(text: str) -> str:
    """Letters and digits of any script; a dash for what shells and file systems may not take."""
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(char if _is_plain(char) else "-" for char in composed)
    # `ignore`, as the limit may cut a character of several bytes in two
    cut = plain.encode()[:PART_BYTES].decode(errors="ignore")
    return DASHES.sub("-", cut).strip("-")


def _is_plain(char: str) -> bool:
    # marks too: many scripts write vowels with them
    return char == "_" or unicodedata.category(char)[0] in "LMN"


def csv_lines(pages: Iterable[ExportPage], zone: ZoneInfo, separator: str = ",") -> Iterator[str]:
    """The file in pieces: the header at once, then the lines of each page when it is read."""
    yield BOM + _lines([COLUMNS], separator)
    for page in pages:
        if page.rows:
            yield _lines((_cells(row, zone) for row in page.rows), separator)
        if page.cut:
            # filled with empty cells, as RFC 4180 wants the same number of them in each line
            yield _lines([(cut_text(page.cut), *[None] * (len(COLUMNS) - 1))], separator)


BOUNDS = {
    Bound.ROWS: "the most there may be",
    Bound.CALLS: "the most that Refonte is asked for one file",
    Bound.BYTES: "the most that is read for one file",
}


def cut_text(cut: Cut) -> str:
    """What the file lacks of its list, or may lack."""
    of_all = f" of {cut.total:,}" if cut.total is not None and cut.total > cut.written else ""
    written = f"{cut.written:,}{of_all} batches are in this file"
    if cut.bound:
        written = f"only the newest {written}, {BOUNDS[cut.bound]}"
    is_sure = cut.bound or cut.failure or cut.unread or cut.told_total
    start = "Incomplete" if is_sure else "Perhaps incomplete"
    return f"{start}: {'; '.join((*_causes(cut), written))}"


def _causes(cut: Cut) -> Iterator[str]:
    if cut.failure:
        yield failure_reason(cut.failure)
    if cut.unread:
        yield f"{cut.unread:,} row{'s' if cut.unread > 1 else ''} could not be read"
    if cut.told_total:
        yield f"Refonte's list ended before the {cut.told_total:,} it reported"
    if cut.is_unsure:
        yield "rows had to be counted, so some may be missing"


def _cells(row: Row, zone: ZoneInfo) -> Iterator[Cell]:
    """In the order of COLUMNS; what is not known is None."""
    counts, percent, sent = row.progress.counts, row.progress.percent, row.priority
    counted_at = row.facts.counts_at if row.progress.known else None
    yield from (row.name, row.project, row.status, *_times(row.created_at, zone))
    yield from (counts.pending, counts.completed, counts.error, counts.canceled)
    others = {**counts.shown, **counts.aggregates}
    yield json.dumps(others, ensure_ascii=False) if others else None
    # a lower bound would be read as the total, as a cell has no sign for "at least"
    yield None if counts.is_at_least else counts.total
    # `f`, as `normalize` makes 1E+2 of 100
    yield None if percent is None else f"{percent.normalize():f}"
    yield from _times(counted_at, zone)
    yield from (sent.parameters["priority"], sent.username) if sent else (None, None)
    yield from _times(sent.sent_at if sent else None, zone)
    yield sent.state if sent else None
    yield from _times(row.facts.status_at, zone)
    yield from _own_cells(row, zone)
    yield zone.key


def _own_cells(row: Row, zone: ZoneInfo) -> Iterator[Cell]:
    """What only this console knows."""
    estimate = row.estimate
    yield from (*_times(row.due_at, zone), row.owner or None)
    yield from _times(estimate.low if estimate else None, zone)
    yield from _times(estimate.high if estimate else None, zone)
    speed = estimate.speed if estimate else None
    yield None if speed is None else f"{speed:.1f}"
    yield "; ".join(one.kind for one in row.alarms) or None


def _times(moment: datetime | None, zone: ZoneInfo) -> tuple[str | None, str | None]:
    """In UTC, and in the zone."""
    if moment is None:
        return None, None
    return _plain(moment.astimezone(UTC)), _plain(in_zone(moment, zone))


def _plain(moment: datetime) -> str:
    # with a "T" or an offset a spreadsheet would take it for text
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def _lines(rows: Iterable[Iterable[Cell]], separator: str) -> str:
    text, formula = StringIO(), FORMULA[separator]
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([_inert(cell, formula) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: Cell, formula: re.Pattern[str]) -> Cell:
    # a spreadsheet computes a text that begins like a formula, and anybody can name a batch so
    return formula.sub(r"\1'", cell) if isinstance(cell, str) else cell
