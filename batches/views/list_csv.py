"""The list as CSV (RFC 4180): its columns, how a cell is written, what the last line may say."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from io import StringIO

from batches.services.batch_export import Bound, Cut, ExportPage
from batches.services.batch_rows import Row
from batches.templatetags.console import in_zone, why_in_short

# Scripts read them: as much a name that stays put as an address.
COLUMNS = (
    "name",
    "project",
    "status",
    "created_at",
    "pending",
    "completed",
    "error",
    "canceled",
    "other_counts",
    "total",
    "settled_percent",
    "counts_as_of",
    "priority_sent",
    "priority_sent_by",
    "priority_sent_at",
    "priority_sent_state",
    "status_as_of",
)
BOM = "\ufeff"  # without it Excel takes UTF-8 for its own code page
# What a spreadsheet takes for the beginning of a formula, full-width signs too: where a cell
# begins, and behind what another program takes for its end.
FORMULA = re.compile(r"^(?=[\t\r\n])|(^|[;\t\r\n])(?=[^\S\t\r\n]*[-=+@＝＋－＠])")
Cell = str | int | None


def csv_lines(pages: Iterable[ExportPage], zone: tzinfo) -> Iterator[str]:
    """The file in pieces: its head at once, then a page's lines as soon as it is there."""
    yield BOM + _lines([COLUMNS])
    for page in pages:
        if page.rows:
            yield _lines(_cells(row, zone) for row in page.rows)
        if page.cut:
            yield _lines([(cut_words(page.cut), *[None] * (len(COLUMNS) - 1))])


BOUNDS = {
    Bound.ROWS: "the most there may be",
    Bound.CALLS: "the most that Refonte is asked for one file",
    Bound.BYTES: "the most that is read for one file",
}


def cut_words(cut: Cut) -> str:
    """What the file lacks of its list, or may lack."""
    is_told = cut.total is not None and cut.total > cut.written
    of_all = f" of {cut.total:,}" if is_told else ""
    held = f"{cut.written:,}{of_all} batches are in this file"
    if cut.bound:
        held = f"only the newest {held}, {BOUNDS[cut.bound]}"
    is_sure = cut.bound or cut.failure or cut.unread or cut.told_total
    return (
        f"{'Incomplete' if is_sure else 'Perhaps incomplete'}: {'; '.join((*_causes(cut), held))}"
    )


def _causes(cut: Cut) -> Iterator[str]:
    if cut.failure:
        yield why_in_short(cut.failure)
    if cut.unread:
        yield f"{cut.unread:,} row{'s' if cut.unread > 1 else ''} could not be read"
    if cut.told_total:
        yield f"Refonte's list ended before the {cut.told_total:,} it reported"
    if cut.is_unsure:
        yield "rows had to be counted, so some may be missing"


def _cells(row: Row, zone: tzinfo) -> Iterator[Cell]:
    """In the order of COLUMNS; what is not known is None."""
    counts, percent, sent = row.progress.counts, row.progress.percent, row.priority
    counted_at = row.facts.counts_at if row.progress.known else None
    yield from (row.name, row.project, row.status, _time(row.created_at, zone))
    yield from (counts.pending, counts.completed, counts.error, counts.canceled)
    others = {**counts.shown, **counts.aggregates}
    yield json.dumps(others, ensure_ascii=False) if others else None
    yield None if counts.is_at_least else counts.total
    yield None if percent is None else f"{percent.normalize():f}"
    yield _time(counted_at, zone)
    if sent:
        yield from (sent.parameters["priority"], sent.username, _time(sent.sent_at, zone))
        yield sent.state
    else:
        yield from (None, None, None, None)
    yield _time(row.facts.status_at, zone)


def _time(moment: datetime | None, zone: tzinfo) -> str | None:
    return in_zone(moment, zone).isoformat(timespec="milliseconds") if moment else None


def _lines(rows: Iterable[Iterable[Cell]]) -> str:
    text = StringIO()
    csv.writer(text).writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: Cell) -> Cell:
    """A spreadsheet reckons what begins like a formula, whoever wrote it."""
    return FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell
