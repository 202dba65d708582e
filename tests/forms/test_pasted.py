"""What is read of a table that was pasted, or chosen as a file."""

import pytest
from django.core.exceptions import ValidationError

from batches.forms.pasted import Line, column_name, read_file, read_table

KNOWN = ("project", "name", "callback")


def cells_of(text: str) -> list[tuple[str, ...]]:
    table = read_table(text, KNOWN)
    return [table.header, *(line.cells for line in table.lines)]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("project\tname\nkittens\tone", "tabs"),
        ("project,name\nkittens,one", "commas"),
        ("project;name\r\nkittens;one\r\n", "semicolons"),
        ('"project";"name"\n"kittens";"one"', "semicolons"),
        ("\ufeffproject;name\nkittens;one", "semicolons"),
        ("\n\nproject\tname\nkittens\tone\n\n", "tabs"),
    ],
)
def test_the_separator_is_found_by_itself(text: str, separator: str) -> None:
    assert read_table(text, KNOWN).separator == separator
    assert cells_of(text) == [("project", "name"), ("kittens", "one")]


def test_more_signs_in_a_cell_do_not_make_them_the_separator() -> None:
    text = "project;name;callback\nkittens;one;https://hooks.example.com/?a=1,2,3,4,5,6"
    assert cells_of(text)[1] == ("kittens", "one", "https://hooks.example.com/?a=1,2,3,4,5,6")


def test_quotes_hold_separators_and_marks() -> None:
    assert cells_of('project,name\n"a,b","a ""great"" one"')[1] == ("a,b", 'a "great" one')


def test_lines_are_numbered_as_an_editor_counts_them() -> None:
    table = read_table('project,name\n\na,"two\nlines"\nb,c\n', KNOWN)
    assert table.lines == (Line(3, ("a", "two\nlines")), Line(5, ("b", "c")))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Name", "name"),
        (" Calibration batch ", "calibration_batch"),
        ("self-label-batch", "self_label_batch"),
        ("self_label_batch", "self_label_batch"),
    ],
)
def test_a_column_is_known_by_its_words(name: str, column: str) -> None:
    assert column_name(name) == column


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('project,name\na,"b\nc,d', "Line 2 cannot be read"),
        ('project,name\na,b\na,"b"c\n', "Line 3 cannot be read"),
        ("project,name\na,b\0", "no text has"),
        ("project,name\n" + "a,b\n" * 1_001, "At most 1,000 rows; this has 1,001"),
        ("é" * 500_001, "At most 1 MB"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        read_table(text, KNOWN)


def test_a_thousand_rows_are_read() -> None:
    assert len(read_table("project,name\n" + "a,b\n" * 1_000, KNOWN).lines) == 1_000


def test_nothing_is_a_table_without_lines() -> None:
    table = read_table("", KNOWN)
    assert (table.header, table.lines) == ((), ())


def test_a_file_is_utf_8_with_or_without_a_mark_at_its_start() -> None:
    assert read_file("\ufeffnäme".encode()) == read_file("näme".encode()) == "näme"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_that_is_not_says_what_to_do(encoding: str) -> None:
    with pytest.raises(ValidationError, match="Save it as “CSV UTF-8”"):
        read_file("näme".encode(encoding))
