"""Rows for many new batches, pasted or of a file; and the small forms of a bulk.

Each row is checked by the form of one new batch, so that both have the same rules.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from batches.forms.batches import ActionForm, CreateForm
from batches.forms.pasted import BYTES_AT_MOST, Line, Table, read_file, read_table

REQUIRED = ("project", "name")
COLUMNS = (*REQUIRED, "callback", "calibration_batch", "self_label_batch", "priority")
# A spreadsheet's own words for a flag.
YES_NO = {"yes": "true", "no": "false"}
FLAGS = ("calibration_batch", "self_label_batch")
NO_FORM = UUID(int=0)  # a row is not sent by itself
NOTHING = "Paste rows, or choose a file."
BOTH = "Rows were pasted and a file was chosen. Keep one of them."


@dataclass(frozen=True, slots=True)
class Cell:
    """column: its name in the header."""

    column: str
    text: str
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLine:
    """cells: of the columns that are known. errors: of the line as a whole.

    values: of a new batch, as its own form gives them; those of a wrong line are not used.
    """

    number: int
    cells: tuple[Cell, ...]
    errors: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    warning: str = ""

    @property
    def is_wrong(self) -> bool:
        return bool(self.errors or any(cell.errors for cell in self.cells))


class BulkCreateForm(ActionForm):
    """`lines`: all that was read, also of a form that is not valid."""

    rows = forms.CharField(
        required=False,
        strip=False,  # the last cell of a line may be empty
        label="Rows",
        widget=forms.Textarea(
            attrs={"rows": 12, "autocomplete": "off", "spellcheck": "false", "wrap": "off"}
        ),
        help_text="With a header line. Copied from a spreadsheet, or as CSV or TSV.",
    )
    file = forms.FileField(
        required=False,
        allow_empty_file=True,  # answered in words of ours
        label="Or a file",
        help_text="CSV or TSV in UTF-8, at most 1,000 rows and 1 MB.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    leave_out = forms.BooleanField(required=False, label="Leave out the columns not known here")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: tuple[CheckedLine, ...] = ()
        self.unknown: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        try:
            text = self._text(cleaned)
        except ValidationError as error:
            self.add_error("file" if cleaned.get("file") else "rows", error)
            return cleaned
        try:
            table = read_table(text, COLUMNS)
            self._check_header(table)
        except ValidationError as error:
            self.add_error("rows", error)
            return cleaned
        self.lines = tuple(_checked(table))
        self.warning = next((line.warning for line in self.lines if line.warning), "")
        if wrong := sum(line.is_wrong for line in self.lines):
            words = "1 row needs" if wrong == 1 else f"{wrong:,} rows need"
            self.add_error("rows", f"{words} a correction; see below. Nothing was planned.")
        if self.unknown and not cleaned.get("leave_out"):
            self.add_error("rows", f"Not known here: {', '.join(self.unknown)}.")
        return cleaned

    def _text(self, cleaned: dict[str, Any]) -> str:
        pasted, file = cleaned.get("rows") or "", cleaned.get("file")
        if file is None:
            if not pasted.strip():
                raise ValidationError(NOTHING)
            return str(pasted)
        if pasted.strip():
            raise ValidationError(BOTH)
        if file.size > BYTES_AT_MOST:
            raise ValidationError("At most 1 MB. Split the file in several.")
        text = read_file(file.read())
        if not text.strip():
            raise ValidationError("This file is empty.")
        # a file cannot be put back into its field: its text can be corrected in the other one
        self.data = {**self.data.dict(), "rows": text}  # type: ignore[attr-defined]  # a QueryDict
        return text

    def _check_header(self, table: Table) -> None:
        named = [name for name in table.header if name]
        if missing := [name for name in REQUIRED if name not in named]:
            raise ValidationError(
                f"The first line must name the columns; {' and '.join(missing)} "
                f"{'is' if len(missing) == 1 else 'are'} missing. "
                f"It was read with {table.separator} between cells."
            )
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValidationError(f"More than one column is called {', '.join(twice)}.")
        if not table.lines:
            raise ValidationError("There is a header, but no row below it.")
        self.unknown = tuple(name for name in named if name not in COLUMNS)


def _checked(table: Table) -> Iterator[CheckedLine]:
    first: dict[str, int] = {}  # the line of each name
    for line in table.lines:
        cells = dict(zip(table.header, line.cells, strict=False))
        checked = _check(cells, line, len(table.header))
        name = checked.values.get("name")
        if name in first:
            message = f"Line {first[name]} has this name already."
            checked = _with_error(checked, "name", message)
        elif name:
            first[name] = line.number
        yield checked


def _check(cells: dict[str, str], line: Line, width: int) -> CheckedLine:
    known = {name: cells.get(name, "") for name in COLUMNS if name in cells or name in REQUIRED}
    form = CreateForm({"form_id": NO_FORM} | _plain(known))
    form.is_valid()
    errors = [str(error) for error in form.non_field_errors()]
    if any(line.cells[width:]):
        errors.append(f"This line has {len(line.cells)} cells, the header {width}.")
    return CheckedLine(
        number=line.number,
        cells=tuple(_cells(known, form)),
        errors=tuple(errors),
        values={name: form.cleaned_data.get(name) for name in COLUMNS},
        warning=form.warning,
    )


def _plain(cells: dict[str, str]) -> dict[str, str]:
    """As the fields of a form send them."""
    return cells | {
        name: YES_NO.get(cells[name].lower(), cells[name]) for name in FLAGS if name in cells
    }


def _cells(known: dict[str, str], form: CreateForm) -> Iterable[Cell]:
    for column, text in known.items():
        yield Cell(column, text, tuple(str(error) for error in form.errors.get(column, ())))


def _with_error(line: CheckedLine, column: str, message: str) -> CheckedLine:
    cells = (
        Cell(cell.column, cell.text, (*cell.errors, message)) if cell.column == column else cell
        for cell in line.cells
    )
    return CheckedLine(
        number=line.number, cells=tuple(cells), errors=line.errors, values=line.values
    )
