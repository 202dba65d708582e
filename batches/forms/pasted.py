"""A table that was pasted, or chosen as a file: CSV or TSV with a header, read into lines."""

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO

from django.core.exceptions import ValidationError

SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}
BYTES_AT_MOST = 1_000_000
LINES_AT_MOST = 1_000
BOM = "\ufeff"
NOT_UTF8 = (
    "This file is not UTF-8, so its letters cannot be told apart. Save it as “CSV UTF-8” and "
    "choose it again, or copy its cells and paste them."
)
NO_TEXT = "This has characters that no text has. Is it a CSV or TSV file?"


@dataclass(frozen=True, slots=True)
class Line:
    """number: of the line that it begins on, as an editor counts them."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """header: names of columns, as `column_name` writes them. separator: in words."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]
    separator: str


def read_file(data: bytes) -> str:
    """The text of a file. Raises ValidationError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(NOT_UTF8) from error


def read_table(text: str, known: Collection[str]) -> Table:
    """The lines of a table. known: names of columns, by which the separator is found.

    Raises ValidationError where it cannot be read, or has too many lines.
    """
    if len(text.encode(errors="replace")) > BYTES_AT_MOST:
        raise ValidationError("At most 1 MB of text. Split it in several.")
    if "\0" in text:
        raise ValidationError(NO_TEXT)
    text = text.lstrip(BOM)
    separator = _separator(text, known)
    header, *lines = [*_lines(text, separator)] or [Line(1, ())]
    if len(lines) > LINES_AT_MOST:
        raise ValidationError(f"At most {LINES_AT_MOST:,} rows; this has {len(lines):,}.")
    return Table(
        header=tuple(map(column_name, header.cells)),
        lines=tuple(lines),
        separator=SEPARATORS[separator],
    )


def column_name(text: str) -> str:
    """`Calibration batch` and `calibration-batch` are one column."""
    return "_".join(text.strip().lower().replace("-", " ").replace("_", " ").split())


def _separator(text: str, known: Collection[str]) -> str:
    """The one with which the header has most of the columns that are known."""
    # not by counting signs: a callback, and so a cell, may hold more of them than the line has
    header = next((line for line in text.splitlines() if line.strip()), "")

    def fits(separator: str) -> tuple[int, int]:
        names = [column_name(cell.strip('" ')) for cell in header.split(separator)]
        return sum(name in known for name in names), len(names)

    return max(SEPARATORS, key=fits)


def _lines(text: str, separator: str) -> Iterator[Line]:
    """Those that are not empty."""
    # strict: a quote that is never closed would take all that follows into one cell
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                yield Line(begins, stripped)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ValidationError(
            f"Line {begins} cannot be read: a quotation mark is not closed, stands within a cell, "
            "or a cell is too long. Write a mark within a quoted cell twice."
        ) from error
