"""Why a list shows no row: what is said of each reason, and where it leads."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from batches.refonte import Outcome
from batches.services.batches.exact_name import NOT_ASKED, ExactName
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList
from batches.services.cache.entry import Failure
from batches.services.readings.reading import Reading
from batches.services.walks.coverage import Coverage
from batches.views.batches.addresses import ListAddress
from batches.views.batches.empty_list import why_empty
from batches.views.empty_states import EmptyState, no_key_yet, no_operations

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY: Any = SimpleNamespace(ref="live-00000000")
WHOLE = Coverage(known=9, is_watched=True, is_whole=True)
READ_SO_FAR = Coverage(known=9, is_watched=True, rows_read=9)
SEEN_ONLY = Coverage(known=9, is_watched=False)


def failed(outcome: Outcome) -> Failure:
    return Failure(outcome=outcome, message="", since=NOON)


def why(
    *,
    failure: Failure | None = None,
    as_of: datetime | None = NOON,
    exact: ExactName = NOT_ASKED,
    create_url: str = "/new/",
    listing: dict[str, Any] | None = None,
    **filters: Any,
) -> EmptyState:
    shown = ListFilters(zone=ZoneInfo("UTC"), **filters)
    reading: Reading[Any] = Reading(
        data=None, payload=None, as_of=as_of, failure=failure, next_try=None
    )
    whole = BatchList(
        filters=shown,
        rows=(),
        reading=reading,
        total=None,
        older=None,
        tab_totals={},
        poll_seconds=30,
    )
    found = replace(whole, **listing or {})
    return why_empty(ListAddress(KEY, shown), found, exact, create_url=create_url)


REASONS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "the question was refused": (
        {"failure": failed(Outcome.REJECTED), "as_of": None, "status": "odd"},
        "Refonte cannot list this",
        ["Clear all"],
    ),
    "nothing was read": (
        {"failure": failed(Outcome.NO_ANSWER), "as_of": None},
        "The list could not be loaded",
        [],
    ),
    "past the end": ({"seen": 50, "status": "paused"}, "No older batches", ["Show the newest"]),
    "one filter": ({"status": "paused"}, "Nothing matches this filter", ["Clear all"]),
    "filters": (
        {"status": "paused", "created": "7d"},
        "Nothing matches these filters",
        ["Clear all"],
    ),
    "an unknown project": (
        {"project": "cat", "listing": {"projects": ("cats", "dogs")}},
        'No project is called exactly “<bdi translate="no">cat</bdi>”',
        ["Any project"],
    ),
    "no batches": ({}, "No batches with this key yet", ["New batch"]),
    "no batches, reading only": ({"create_url": ""}, "No batches with this key yet", []),
    "a search": ({"q": "kit"}, "No batch seen here has such a name", ["Clear all"]),
    "a search within filters": (
        {"q": "kit", "status": "paused"},
        "No batch seen here has such a name and these filters",
        ["Search without filters", "Clear all"],
    ),
}


@pytest.mark.parametrize(("known", "heading", "actions"), REASONS.values(), ids=REASONS)
def test_each_reason_has_its_words_and_ways_on(
    known: dict[str, Any], heading: str, actions: list[str]
) -> None:
    empty = why(**known)

    assert empty.heading == heading
    assert [words for words, _ in empty.actions] == actions


@pytest.mark.parametrize(
    ("coverage", "exact", "heading", "text"),
    [
        (WHOLE, NOT_ASKED, "No batch has such a name", "All batches of this key are searched."),
        (
            WHOLE,
            ExactName(is_absent=True),
            "No batch has such a name",
            "All batches of this key are searched."
            " Refonte has no batch of exactly this name either.",
        ),
        (
            READ_SO_FAR,
            NOT_ASKED,
            "No batch read so far has such a name",
            "This page refreshes by itself. Others are found by their exact name.",
        ),
        (
            SEEN_ONLY,
            ExactName(failure=failed(Outcome.NO_ANSWER)),
            "No batch seen here has such a name",
            "Refonte may have more, but could not be asked.",
        ),
    ],
    ids=["whole", "whole, and asked", "read so far", "seen only"],
)
def test_a_search_says_what_it_covers(
    coverage: Coverage, exact: ExactName, heading: str, text: str
) -> None:
    empty = why(q="kit", exact=exact, listing={"coverage": coverage})

    assert (empty.heading, empty.text) == (heading, text)


def test_projects_that_contain_what_was_typed_are_offered() -> None:
    empty = why(project="cat", listing={"projects": ("bobcats", "cats", "dogs")})

    assert empty.text == "These contain it:"
    assert [words for words, _ in empty.suggestions] == ["bobcats", "cats"]
    assert empty.suggestions[0][1] == "/batches/?project=bobcats&key=live-00000000"


def test_a_reader_without_a_key_is_led_to_add_one() -> None:
    none: Any = SimpleNamespace(keys=(), note="")
    others: Any = SimpleNamespace(keys=(KEY,), note="You have no live key.")

    assert no_key_yet(none, add_url="/keys/#add").heading == "No API key yet"
    assert no_key_yet(none, add_url="/keys/#add").actions == (("Add a key", "/keys/#add"),)
    assert no_key_yet(others, add_url="").heading == "You have no key for this page"
    assert no_key_yet(others, add_url="").text == "You have no live key."


def test_a_list_of_operations_is_empty_or_filtered() -> None:
    assert no_operations("").heading == "No operations yet"
    assert no_operations("/operations/").actions == (("Clear all", "/operations/"),)
