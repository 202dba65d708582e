"""Rows for many new batches: read, checked one by one, and never lost."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict

from batches.forms.bulks import BulkCreateForm

RIGHT = "project,name,priority\nkittens,one,25\nkittens,two,\n"


def posted(rows: str = "", file: bytes | None = None, **more: Any) -> BulkCreateForm:
    files = {} if file is None else {"file": SimpleUploadedFile("rows.csv", file)}
    data = QueryDict(mutable=True)
    data.update({"form_id": str(uuid4()), "rows": rows} | more)
    return BulkCreateForm(data, files)


def errors_of(form: BulkCreateForm) -> dict[tuple[int, str], str]:
    """By line and column; the column is empty for the line as a whole."""
    found = [(line.number, "", error) for line in form.lines for error in line.errors]
    found += [
        (line.number, cell.column, error)
        for line in form.lines
        for cell in line.cells
        for error in cell.errors
    ]
    return {(number, column): error for number, column, error in found}


def test_each_row_has_the_values_of_a_new_batch() -> None:
    form = posted(RIGHT)
    assert form.is_valid()
    assert [(line.values["name"], line.values["priority"]) for line in form.lines] == [
        ("one", 25),
        ("two", None),
    ]
    assert form.lines[0].values["callback"] == ""
    assert form.lines[0].values["calibration_batch"] is False


def test_a_file_is_read_like_pasted_rows() -> None:
    form = posted(file=b"\xef\xbb\xbf" + RIGHT.encode())
    assert form.is_valid()
    assert len(form.lines) == 2


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("kittens,,25,", "name", "Enter a name"),
        (",one,25,", "project", "Enter a project"),
        ("kittens,one,31,", "priority", "whole number from 10 to 30"),
        ("kittens,one,,ftp://x", "callback", "Write a full URL"),
        ("kittens,a\u202eb,,", "name", "invisible characters"),
    ],
)
def test_an_error_stands_at_its_line_and_cell(row: str, column: str, words: str) -> None:
    form = posted(f"project,name,priority,callback\nkittens,right,,\n{row}\n")
    assert not form.is_valid()
    assert set(errors_of(form)) == {(3, column)}
    assert words in errors_of(form)[3, column]
    assert "1 row needs a correction" in str(form.errors["rows"])


def test_both_flags_are_an_error_of_one_of_them() -> None:
    header = "project,name,Calibration batch,Self-label batch\n"
    form = posted(f"{header}kittens,one,yes,TRUE\nkittens,two,no,x\n")
    assert not form.is_valid()
    assert "not both" in errors_of(form)[2, "self_label_batch"]
    assert "on or off" in errors_of(form)[3, "self_label_batch"]


def test_a_name_that_is_there_twice_names_the_first_line() -> None:
    form = posted("project,name\nkittens,cafe\u0301\npuppies,two\npuppies,café\n")
    assert not form.is_valid()
    assert errors_of(form) == {(4, "name"): "Line 2 has this name already."}


def test_too_many_cells_are_told_and_empty_ones_are_not() -> None:
    form = posted("project,name\nkittens,one,,\nkittens,two,25\n")
    assert not form.is_valid()
    assert errors_of(form) == {(3, ""): "This line has 3 cells, the header 2."}


def test_a_line_with_too_few_cells_lacks_what_is_required() -> None:
    form = posted("project,callback,name\nkittens\n")
    assert not form.is_valid()
    assert set(errors_of(form)) == {(2, "name")}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "Paste rows, or choose a file."),
        ("kittens,one\nkittens,two\n", "project and name are missing"),
        ("name\none\n", "project is missing"),
        ("project,name\n", "no row below it"),
        ("project,name,Name\na,b,c\n", "More than one column is called name"),
        ('project,name\na,"b\n', "Line 2 cannot be read"),
    ],
)
def test_a_table_that_is_none_is_told_at_the_rows(rows: str, words: str) -> None:
    form = posted(rows)
    assert not form.is_valid()
    assert words in str(form.errors["rows"])
    assert form["rows"].value() == rows


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("näme".encode("latin-1"), "not UTF-8"),
        (b"x" * 1_000_001, "At most 1 MB"),
        (b"", "This file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_at_its_field(file: bytes, words: str) -> None:
    form = posted(file=file)
    assert not form.is_valid()
    assert words in str(form.errors["file"])


def test_rows_and_a_file_are_one_too_many_and_the_rows_stay() -> None:
    form = posted(RIGHT, file=RIGHT.encode())
    assert not form.is_valid()
    assert "Keep one of them" in str(form.errors["file"])
    assert form["rows"].value() == RIGHT


def test_the_text_of_a_file_can_be_corrected_in_the_field() -> None:
    text = "project,name\nkittens,\n"
    form = posted(file=text.encode())
    assert not form.is_valid()
    assert form["rows"].value() == text


def test_an_unknown_column_is_told_and_left_out_only_where_that_is_wanted() -> None:
    rows = "project,name,colour\nkittens,one,red\n"
    form = posted(rows)
    assert not form.is_valid()
    assert "Not known here: colour." in str(form.errors["rows"])
    assert form.unknown == ("colour",)
    form = posted(rows, leave_out="on")
    assert form.is_valid()
    assert "colour" not in form.lines[0].values


def test_a_warning_of_a_row_is_one_of_the_form() -> None:
    form = posted("project,name,callback\nkittens,one,http://hooks.example.com/\n")
    assert form.is_valid()
    assert "plain http" in form.warning
