"""The list as CSV (RFC 4180): its columns, how a cell is written, what the last line may say."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from batches.services.batches.export import Bound, Cut, ExportPage
from batches.services.batches.rows import Row
from batches.templatetags.freshness import failure_reason
from batches.templatetags.times import in_zone

# Scripts read them: as much a name that stays put as an address.
COLUMNS = (
    "name",
    "project",
    "status",
    "created_at_utc",
    "created_at_local",
    "pending",
    "completed",
    "error",
    "canceled",
    "other_counts",
    "total",
    "settled_percent",
    "counts_as_of_utc",
    "counts_as_of_local",
    "priority_sent",
    "priority_sent_by",
    "priority_sent_at_utc",
    "priority_sent_at_local",
    "priority_sent_state",
    "status_as_of_utc",
    "status_as_of_local",
    "local_zone",
)
# By the word for it in the address. Excel opens a file by the one that its country uses.
SEPARATORS = {"comma": ",", "semicolon": ";"}
BOM = "\ufeff"  # without it Excel takes UTF-8 for its own code page
Cell = str | int | None


def _formula(also: str) -> re.Pattern[str]:
    """What a spreadsheet takes for the beginning of a formula, full-width signs too: where a cell
    begins, and behind what another program takes for its end. What begins with a quote gets another
    one, so that each text stays apart from what it would be written like.

    also: the separator that this file does not use.
    """
    ends = rf"{also}\t\r\n"
    return re.compile(rf"^(?=[\t\r\n])|(^|[{ends}])(?='|[^\S\t\r\n]*[-=+@＝＋－＠])")


FORMULA = {",": _formula(";"), ";": _formula(",")}


def csv_lines(pages: Iterable[ExportPage], zone: ZoneInfo, separator: str = ",") -> Iterator[str]:
    """The file in pieces: its head at once, then a page's lines as soon as it is there."""
    yield BOM + _lines([COLUMNS], separator)
    for page in pages:
        if page.rows:
            yield _lines((_cells(row, zone) for row in page.rows), separator)
        if page.cut:
            yield _lines([(cut_words(page.cut), *[None] * (len(COLUMNS) - 1))], separator)


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
    yield None if counts.is_at_least else counts.total
    yield None if percent is None else f"{percent.normalize():f}"
    yield from _times(counted_at, zone)
    yield from (sent.parameters["priority"], sent.username) if sent else (None, None)
    yield from _times(sent.sent_at if sent else None, zone)
    yield sent.state if sent else None
    yield from (*_times(row.facts.status_at, zone), zone.key)


def _times(moment: datetime | None, zone: ZoneInfo) -> tuple[str | None, str | None]:
    """In UTC, and as clocks stand in the zone. With a "T" or an offset a spreadsheet takes it for
    text; its zone stands in a column of its own.
    """
    if moment is None:
        return None, None
    return _plain(moment.astimezone(UTC)), _plain(in_zone(moment, zone))


def _plain(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def _lines(rows: Iterable[Iterable[Cell]], separator: str) -> str:
    text, formula = StringIO(), FORMULA[separator]
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([_inert(cell, formula) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: Cell, formula: re.Pattern[str]) -> Cell:
    """A spreadsheet reckons what begins like a formula, whoever wrote it."""
    return formula.sub(r"\1'", cell) if isinstance(cell, str) else cell
