"""A batch name as one path segment, both ways, for every name the vendor may hold."""

import re
from importlib import import_module

import pytest
from django.urls import Resolver404, resolve, reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.refs import RESERVED, BatchRefConverter, to_name, to_ref
from batches.sandbox.sample_names import HARD_NAMES

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
HARD = (
    *HARD_NAMES,
    *RESERVED,
    "live",
    "finalize",
    "~",
    "~bmV3",
    "-",
    "--",
    "..a",
    "a..",
    "nul\0",
    "line\nbreak",
    "\u202eesrever",
    "e\u0301",
    "{{7*7}}",
    '" hx-get="/x',
    "=cmd()",
    "x" * 1024,
    "🐈" * 255,
)


@pytest.mark.parametrize("name", HARD)
def test_every_hard_name_comes_back_as_it_went(name: str):
    assert to_name(to_ref(name)) == name


@settings(deadline=None)  # the first one loads every address there is
@given(NAMES.filter(lambda name: name not in {".", ".."}))
def test_every_name_comes_back_as_it_went_and_leads_to_its_batch(name: str):
    ref = to_ref(name)

    assert to_name(ref) == name
    assert re.fullmatch(r"[A-Za-z0-9~._-]+", ref)
    found = resolve(f"/batches/{ref}/")
    assert (found.view_name, found.kwargs) == ("batches:detail", {"name": name})
    assert reverse("batches:detail", args=[name]) == f"/batches/{ref}/"


@given(NAMES, NAMES)
def test_two_names_never_share_an_address(one: str, other: str):
    assert (to_ref(one) == to_ref(other)) == (one == other)


def test_a_safe_name_is_readable_in_its_address():
    assert to_ref("kitten_labeling_2026-11-23.b") == "kitten_labeling_2026-11-23.b"


@pytest.mark.parametrize(
    "ref", ["", ".", "..", "~", "~Lg", "~Li4", "~!", "~a", "~_w", "a/b", "a b", "new", "~a2l0dGVu"]
)
def test_what_is_no_reference_is_refused(ref: str):
    with pytest.raises(ValueError, match=r"reference|base64|decode|pad|character"):
        to_name(ref)


@pytest.mark.parametrize("ref", [".", "..", "~", "~Lg", "~Li4", "~a2l0dGVu", "%00", "~_w", "a~"])
def test_no_page_stands_under_garbage(ref: str):
    with pytest.raises(Resolver404):
        resolve(f"/batches/{ref}/")


def test_reserved_are_exactly_the_words_that_stand_beside_a_name():
    addresses = import_module("batches.urls.batches").of_batches
    firsts = {str(entry.pattern).split("/")[0] for entry in addresses}

    assert {first for first in firsts if first and not first.startswith("<")} == RESERVED


def test_the_converter_is_the_pair_of_both():
    converter = BatchRefConverter()

    assert converter.to_python(converter.to_url("a/status")) == "a/status"
