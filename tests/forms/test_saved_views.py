"""A list over a view: the address comes first, then the view, then everything."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from batches.forms.filters import FilterForm, to_pairs
from batches.forms.saved_views import ViewForm, merge, over, read_kept, to_query
from batches.services.batches.filters import COMPACT, ListFilters

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")


def filters_of(data: QueryDict) -> ListFilters:
    form = FilterForm(data, zone=BERLIN)
    assert form.is_valid(), form.errors
    return form.filters


def listed(view: str, address: str) -> ListFilters:
    """What an address over a view lists."""
    return filters_of(merge(read_kept(view, zone=BERLIN).pairs, QueryDict(address)))


VIEW = "project=cats&status=staging&sort=due&columns=due,owner&density=compact&limit=25&q=a"


def test_a_view_alone_is_all_that_it_has():
    assert listed(VIEW, "view=due-first&key=live-12345678") == ListFilters(
        zone=BERLIN,
        project="cats",
        status="staging",
        sort="due",
        columns=("due", "owner"),
        density=COMPACT,
        limit=25,
        q="a",
    )


@pytest.mark.parametrize(
    ("address", "changed"),
    [
        ("status=in_progress", {"status": "in_progress"}),
        ("status=", {"status": ""}),
        ("project=&q=", {"project": "", "q": ""}),
        ("sort=-age&density=", {"sort": "-age", "density": ""}),
        ("columns=", {"columns": ()}),
        ("columns=&columns=age", {"columns": ("age",)}),
        ("limit=50", {"limit": 50}),
        ("limit=", {"limit": 50}),
        ("attention=any", {"attention": "any"}),
        ("created=7d", {"created": "7d"}),
        ("seen=25", {"seen": 25}),
    ],
)
def test_what_the_address_has_comes_first(address: str, changed: dict[str, Any]):
    assert listed(VIEW, address) == replace(listed(VIEW, ""), **changed)


@pytest.mark.parametrize(
    ("address", "start", "end", "created", "zone"),
    [
        ("", date(2026, 11, 1), None, "", TOKYO),
        ("created=7d", None, None, "7d", BERLIN),
        ("end_time=2026-11-20&tz=UTC", None, date(2026, 11, 20), "", ZoneInfo("UTC")),
        ("created=", None, None, "", BERLIN),
        ("start_time=&end_time=&tz=UTC", None, None, "", ZoneInfo("UTC")),
        ("tz=UTC", date(2026, 11, 1), None, "", ZoneInfo("UTC")),
    ],
)
def test_days_come_from_the_address_or_from_the_view(
    address: str, start: date | None, end: date | None, created: str, zone: ZoneInfo
):
    found = listed("start_time=2026-11-01&tz=Asia/Tokyo", address)
    assert (found.start, found.end, found.created, found.zone) == (start, end, created, zone)


def test_a_twice_given_filter_is_refused_over_a_view_too():
    data = merge(read_kept(VIEW, zone=BERLIN).pairs, QueryDict("status=a&status=b"))
    assert "status" in FilterForm(data, zone=BERLIN).errors


@pytest.mark.parametrize(
    ("wrong", "ignored"),
    [
        ("sort=shoes", [("order", "shoes")]),
        ("attention=bored", [("reason", "bored")]),
        ("density=huge&limit=5000", [("density", "huge"), ("page size", "5000")]),
        ("columns=due,shoes,owner", [("column", "shoes")]),
        ("status=%20", [("status", " ")]),
        ("colour=red&before=2026", [("colour", "red"), ("before", "2026")]),
        ("created=8d&tz=Asia/Tokyo", [("days", "8d"), ("time zone", "Asia/Tokyo")]),
        ("start_time=2026-11-01&tz=Mars", [("day", "2026-11-01"), ("time zone", "Mars")]),
        ("created=7d&start_time=2026-11-01", [("days", "7d"), ("day", "2026-11-01")]),
        ("q=a&q=b", [("search", "b")]),
        ("key=live-12345678&view=other", [("key", "live-12345678"), ("view", "other")]),
    ],
)
def test_what_no_longer_exists_is_named_and_the_rest_works(
    wrong: str, ignored: list[tuple[str, str]]
):
    kept = read_kept(f"project=cats&{wrong}", zone=BERLIN)

    assert sorted(kept.ignored) == sorted(ignored)
    columns = {"columns": "due,owner"} if "columns" in wrong else {}
    assert dict(kept.pairs) == {"project": "cats"} | columns


def test_what_is_stored_is_the_first_page_without_a_key():
    shown = ListFilters(zone=BERLIN, status="staging", seen=50, shown=("abcdef",))
    assert to_query(shown) == "status=staging"


TEXTS = st.sampled_from(["", "cats", "ö & ü=", "a"])
ANY = st.builds(
    ListFilters,
    project=TEXTS,
    status=st.sampled_from(["", "staging", "in_progress"]),
    start=st.none() | st.just(date(2026, 11, 1)),
    end=st.none() | st.just(date(2026, 11, 20)),
    zone=st.sampled_from([BERLIN, TOKYO]),
    q=TEXTS,
    limit=st.sampled_from([25, 50, 100]),
    attention=st.sampled_from(["", "any", "stalled"]),
    sort=st.sampled_from(["", "due", "-age"]),
    columns=st.sampled_from([(), ("due",), ("age", "due")]),
    density=st.sampled_from(["", "compact", "wall"]),
    seen=st.sampled_from([0, 50]),
) | st.builds(ListFilters, created=st.sampled_from(["7d", "today"]), zone=st.just(TOKYO))


def plain(filters: ListFilters) -> ListFilters:
    """As an address reads back: without days there is no zone but the reader's."""
    return filters_of(QueryDict(urlencode(to_pairs(filters, key=""))))


@given(ANY, ANY)
def test_an_address_over_a_view_lists_what_was_meant(shown: ListFilters, stored: ListFilters):
    shown = plain(shown)
    kept = read_kept(to_query(stored), zone=BERLIN).pairs
    pairs = over(kept, to_pairs(shown, key=""))

    assert listed(to_query(stored), urlencode(pairs)) == shown
    # and has no more than it needs
    if plain(stored.first_page()) == shown.first_page():
        assert pairs.keys() <= {"seen"}


@given(ANY, ANY)
def test_the_address_of_an_open_page_means_the_same_whatever_the_view_is_now(
    shown: ListFilters, stored: ListFilters
):
    shown = plain(shown)
    pairs = over(None, to_pairs(shown, key=""))

    assert listed(to_query(stored), urlencode(pairs)) == shown
    assert filters_of(QueryDict(urlencode(pairs))) == shown


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Give the view a name."),
        ("   ", "Give the view a name."),
        ("a\u200bb", "invisible"),
        ("\u202egnp.exe", "invisible"),
        ("a\0b", "Null characters"),
        ("a\nb", "invisible"),
        ("\u3164", "only invisible"),
        ("a" * 61, "At most 60 characters; this has 61."),
    ],
)
def test_a_name_that_nobody_can_read_is_refused(typed: str, words: str):
    form = ViewForm({"name": typed})
    assert words in str(form.errors["name"])


@pytest.mark.parametrize("name", ["<b>&{{7*7}}", "срочно", "🐈", "=1+1", "a" * 60])
def test_a_name_may_be_any_text(name: str):
    form = ViewForm({"name": f" {name} ", "is_shared": "on"})
    assert form.is_valid()
    assert form.values == {"name": name, "is_shared": True}


def test_a_name_is_composed():
    form = ViewForm({"name": "u\u0308ber"})
    assert form.is_valid()
    assert form.values == {"name": "über", "is_shared": False}
