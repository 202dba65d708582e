"""Cells of a CSV file (RFC 4180) that no spreadsheet takes for a formula."""

import csv
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from batches.templatetags.times import in_zone

# By their names in the address. Excel expects the one of its country.
SEPARATORS = {"comma": ",", "semicolon": ";"}
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


def csv_text(rows: Iterable[Iterable[Cell]], separator: str = ",") -> str:
    text, formula = StringIO(), FORMULA[separator]
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([_inert(cell, formula) for cell in row] for row in rows)
    return text.getvalue()


def time_cells(moment: datetime | None, zone: ZoneInfo) -> tuple[str | None, str | None]:
    """In UTC, and in the zone."""
    if moment is None:
        return None, None
    return _plain(moment.astimezone(UTC)), _plain(in_zone(moment, zone))


def _plain(moment: datetime) -> str:
    # with a "T" or an offset a spreadsheet would take it for text
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def _inert(cell: Cell, formula: re.Pattern[str]) -> Cell:
    # a spreadsheet computes a text that begins like a formula, and anybody can name a batch so
    return formula.sub(r"\1'", cell) if isinstance(cell, str) else cell
