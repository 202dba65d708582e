"""The list's address, read strictly: what cannot be meant is said at its field."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from batches.forms.filters import FilterForm, read_filters, to_pairs
from batches.services.batches.filters import ListFilters

BERLIN = ZoneInfo("Europe/Berlin")
BEFORE = "2026-11-23T10:00:00.250Z"


def form(query: str) -> FilterForm:
    return FilterForm(QueryDict(query), zone=BERLIN)


def filters(query: str) -> ListFilters:
    read = form(query)
    assert read.is_valid(), read.errors
    return read.filters


def test_an_empty_address_is_the_whole_list_in_the_readers_zone():
    assert filters("") == ListFilters(zone=BERLIN)


def test_a_full_address_says_all_there_is():
    query = (
        "project=kittens&status=staging&start_time=2026-11-01&end_time=2026-11-23"
        f"&tz=Asia/Tokyo&limit=25&before={BEFORE},3&shown=abc-_1XYZ123&seen=50"
        "&key=live-12345678"
    )

    assert filters(query) == ListFilters(
        project="kittens",
        status="staging",
        start=date(2026, 11, 1),
        end=date(2026, 11, 23),
        zone=ZoneInfo("Asia/Tokyo"),
        limit=25,
        before=datetime(2026, 11, 23, 10, 0, 0, 250_000, UTC),
        passed=3,
        shown=("abc-_1", "XYZ123"),
        seen=50,
    )


def test_a_page_of_a_search_begins_behind_a_row():
    page = ListFilters(zone=BERLIN, q="k", after=7, seen=50)

    assert filters(f"q=k&after=7&seen=50&before={BEFORE}") == page
    assert filters("q=k&seen=50") == ListFilters(zone=BERLIN, q="k")
    assert filters("after=7") == ListFilters(zone=BERLIN)


BAD = [
    *(
        ("limit", value)
        for value in ("abc", "-1", "0", "101", "9" * 23, "٢٥", "1_000", "1e1", "5.0")
    ),
    *(("seen", value) for value in ("abc", "-1", "9" * 23, "٢٥", "1_000")),
    *(
        ("before", value)
        for value in (
            "yesterday",
            "2026-11-23",
            "2026-13-45T10:00:00.250Z",
            "2026-11-23T10:00:00.250",
            f"{BEFORE},0x1",
            f"{BEFORE},99999",
            f"x{BEFORE}x",
            f"{BEFORE}\n",
            "9" * 5000,
        )
    ),
    *(("shown", value) for value in ("a", "abcde", "abcdef,", "abcdef" * 100, "абвгде")),
    *(("status", value) for value in ("a b", "s" * 10_240, "'; --", "<b>", "stagıng", "staging\n")),
    *(
        (name, value)
        for name in ("start_time", "end_time")
        for value in (
            "2026-13-45",
            "10000-01-01",
            "0000-01-01",
            "0001-01-01",
            "9999-12-31",
            "23.11.2026",
            "2026-1-1",
            "today",
            "٢٠٢٦-١١-٢٣",
            "2026-11-23T10:00:00Z",
        )
    ),
    *(("created", value) for value in ("yesterday", "7D", "0")),
    *(
        ("tz", value)
        for value in ("Mars/Olympus", "../../etc/passwd", "+02:00", "Factory", "x" * 9999)
    ),
    *((name, "a\0b") for name in ("project", "q", "status", "tz")),
    *((name, "n" * 1025) for name in ("project", "q")),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_what_cannot_be_meant_is_said_at_its_field_and_kept(name: str, value: str):
    query = QueryDict(mutable=True)
    query[name] = value

    read = FilterForm(query, zone=BERLIN)

    assert [*read.errors] == [name]
    assert read.errors[name][0]
    assert read[name].value() == value


@pytest.mark.parametrize("name", [name for name in FilterForm.base_fields if name != "columns"])
def test_a_parameter_given_twice_is_not_guessed(name: str):
    read = form(f"{name}=1&{name}=2")

    assert f"{name} is given twice." in read.errors[name]


def test_the_last_day_may_not_be_before_the_first():
    assert "end_time" in form("start_time=2026-11-23&end_time=2026-11-22").errors
    assert form("start_time=2026-11-23&end_time=2026-11-23").is_valid()


def test_a_preset_and_days_exclude_each_other():
    assert "created" in form("created=7d&start_time=2026-11-23").errors


@pytest.mark.parametrize("q", ["(", "(a+)+$", "%", "\\", "'", "🐈", "{{7*7}}", "<script>"])
def test_a_search_may_hold_anything_that_can_be_written(q: str):
    query = QueryDict(mutable=True)
    query["q"] = q

    assert FilterForm(query, zone=BERLIN).is_valid()


def test_blanks_at_the_ends_of_a_name_are_part_of_it():
    assert filters("q=%20a%20&project=%20b%20").q == " a "
    assert filters("q=%20a%20&project=%20b%20").project == " b "
    assert filters("q=%20%20").q == ""


def test_parameters_nobody_knows_are_named_and_ignored():
    read = form("page=2&key=live-1&status=staging&offset=50&csrfmiddlewaretoken=x")

    assert read.is_valid()
    assert read.unknown == ["offset", "page"]


def test_an_address_of_unfilled_fields_is_told_from_a_tidy_one():
    assert form("project=&status=staging").is_long
    assert not form("status=staging").is_long


def query(filters: ListFilters) -> str:
    return urlencode(to_pairs(filters, key="live-12345678"))


def test_what_is_the_default_stays_out_of_the_address():
    assert query(ListFilters(zone=BERLIN)) == "key=live-12345678"
    assert query(ListFilters(zone=BERLIN, limit=25)) == "limit=25&key=live-12345678"


def test_the_zone_stands_in_the_address_where_days_do():
    assert "tz=Europe%2FBerlin" in query(ListFilters(zone=BERLIN, created="today"))
    assert "tz" not in query(ListFilters(zone=BERLIN, q="a"))


ANY_FILTERS = st.builds(
    ListFilters,
    project=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50),
    status=st.sampled_from(["", "staging", "in_progress", "quarantined"]),
    start=st.none() | st.dates(date(2020, 1, 1), date(2023, 1, 1)),
    end=st.none() | st.dates(date(2023, 1, 1), date(2026, 1, 1)),
    zone=st.just(BERLIN),
    q=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50).filter(
        lambda q: not q or q.strip()
    ),
    limit=st.integers(1, 100),
    before=st.none()
    | st.datetimes(timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
    seen=st.integers(0, 10_000_000),
)


SHOWN = st.lists(st.from_regex(r"[A-Za-z0-9_-]{6}", fullmatch=True), max_size=99).map(tuple)


@given(ANY_FILTERS, st.integers(0, 9999), SHOWN)
def test_every_address_we_make_reads_back_as_it_was_meant(
    some: ListFilters, passed: Any, shown: tuple[str, ...]
):
    is_first = some.is_first_page
    meant = replace(some, passed=passed if some.before else 0, shown=() if is_first else shown)
    if some.q:
        after, first = passed or None, some.first_page()
        meant = replace(first, after=after, seen=some.seen if after else 0)

    assert filters(query(meant)) == meant


def test_nothing_is_left_out_of_a_first_page():
    assert filters("shown=abcdef").shown == ()


@pytest.mark.parametrize(("suffix", "passed"), [("", 0), (",3", 3)])
def test_an_address_made_by_an_earlier_version_counts_the_rows_of_its_moment(
    suffix: str, passed: int
):
    old = filters(f"before={BEFORE}{suffix}&seen=50")

    assert (old.passed, old.shown, old.seen) == (passed, (), 50)


def test_a_polls_address_is_read_as_the_pages_and_refused_alike():
    query = "project=cats&status=staging"
    assert read_filters(query, zone=BERLIN) == filters(query)
    assert read_filters("limit=abc", zone=BERLIN) is None


@pytest.mark.parametrize(
    ("query", "kind"),
    [("", "date"), ("start_time=2026-11-23", "date"), ("start_time=tomorrow", "text")],
)
def test_a_day_is_picked_but_where_what_was_typed_is_none(query: str, kind: str):
    field = str(form(query)["start_time"])

    assert re.findall(r'type="(\w+)"', field) == [kind]
