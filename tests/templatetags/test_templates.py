"""What holds of every template: short lines, pieces that name what they take, shallow nesting."""

import re
from itertools import takewhile
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.template_tree import branches, depth, reads

ROOT = Path(settings.TEMPLATES[0]["DIRS"][0])
NAMES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
PARTIALS = [name for name in NAMES if name.rpartition("/")[2].startswith("_")]
LONGEST_LINE, DEEPEST, MOST_PARTIALS, MOST_BRANCHES = 120, 3, 140, 2
TAKES = re.compile(r"{# takes: ([\w?, ]+) #}")
# In every page: of context processors and of Django's own tags.
EVERYWHERE = frozenset({"frame", "user", "block", "forloop"})


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_long(name: str):
    lines = enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1)

    assert [number for number, line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("name", NAMES)
def test_an_address_with_a_key_is_made_by_its_tag(name: str):
    assert "key=" not in re.sub("{%.*?%}", "", (ROOT / name).read_text(encoding="utf-8"))


def declared(name: str) -> list[str]:
    """What the first lines of a partial say; a name it can do without ends with "?"."""
    lines = (ROOT / name.partition("#")[0]).read_text(encoding="utf-8").splitlines()
    found = takewhile(bool, map(TAKES.fullmatch, lines))
    return [one for line in found if line for one in line[1].split(", ")]


def optional(name: str) -> list[str]:
    return [one.removesuffix("?") for one in declared(name) if one.endswith("?")]


def roots(paths: set[str]) -> set[str]:
    return {path.partition(".")[0] for path in paths} - EVERYWHERE


@pytest.mark.parametrize("name", PARTIALS)
def test_a_partial_says_first_what_it_takes(name: str):
    said = declared(name)
    assert said

    takes = {one.removesuffix("?") for one in said} - {"nothing"}
    # What only its own pieces take, and can do without, need not be said again.
    assert roots(reads(name, optional)) <= takes <= roots(reads(name))


@pytest.mark.parametrize("name", NAMES)
def test_pieces_are_nested_three_deep_at_most(name: str):
    assert depth(name) <= DEEPEST


@pytest.mark.parametrize("name", NAMES)
def test_a_condition_of_many_branches_is_a_table_in_python(name: str):
    assert max(branches(name), default=0) <= MOST_BRANCHES


def test_there_are_few_partials():
    assert 0 < len(PARTIALS) <= MOST_PARTIALS
