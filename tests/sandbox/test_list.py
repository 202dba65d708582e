"""Listing: order, filters, pages, and parameters that are refused."""

from datetime import timedelta

import pytest

from batches.sandbox import Sandbox

from .conftest import MONDAY, Caller


@pytest.fixture(autouse=True)
def _five_days(sandbox: Sandbox) -> None:
    """day-0 is the newest; day-3 and its twin share one millisecond."""
    for day in range(5):
        sandbox.add_batch(
            f"day-{day}",
            project="receipts_ocr" if day % 2 else "kitten_labeling",
            status="completed" if day > 2 else "in_progress",
            created_at=MONDAY - timedelta(days=day),
        )
    sandbox.add_batch("twin", created_at=MONDAY - timedelta(days=3), status="paused")


def test_the_newest_is_first(alice: Caller):
    assert alice.names() == ["day-0", "day-1", "day-2", "twin", "day-3", "day-4"]


def test_filters_narrow_and_combine(alice: Caller):
    assert alice.names(project="receipts_ocr") == ["day-1", "day-3"]
    assert alice.names(status="completed") == ["day-3", "day-4"]
    assert alice.names(status="paused") == ["twin"]
    assert alice.names(project="receipts_ocr", status="completed") == ["day-3"]
    assert alice.names(project="nowhere") == []


@pytest.mark.parametrize(
    "exact",
    [
        "2026-11-20T10:00:00.250Z",
        "2026-11-20T11:00:00.250+01:00",
        "2026-11-20T10:00:00.250",
        "2026-11-20 10:00:00.250000",
    ],
)
def test_both_bounds_are_included(alice: Caller, exact: str):
    assert alice.names(start_time=exact, end_time=exact) == ["twin", "day-3"]


def test_bounds_between_milliseconds_round_inwards(alice: Caller):
    assert alice.names(start_time="2026-11-23T10:00:00.250001Z") == []
    assert alice.names(end_time="2026-11-19T10:00:00.250999Z") == ["day-4"]
    assert alice.names(start_time="2026-11-23", end_time="2026-11-20") == []


def test_pages_tell_what_is_left(alice: Caller):
    first = alice.get("/batches", limit=4).json()
    assert (first["total"], first["totalDocs"], first["has_more"]) == (6, 6, True)
    last = alice.get("/batches", limit=4, offset=4).json()
    assert [doc["name"] for doc in last["docs"]] == ["day-3", "day-4"]
    assert (last["limit"], last["offset"], last["hasNextPage"]) == (4, 4, False)
    assert alice.names(offset=6) == []


def test_pages_of_a_filter_count_only_what_matches(alice: Caller):
    page = alice.get("/batches", status="in_progress", limit=1, offset=1).json()
    assert [doc["name"] for doc in page["docs"]] == ["day-1"]
    assert page["total"] == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "101", "abc", "-1", "1_0", "٣", "", "9" * 23)),
        *(("offset", value) for value in ("-1", "abc", "1.5")),
        *(("start_time", value) for value in ("2020-13-45", "yesterday", "", "10000-01-01")),
        ("end_time", "2026-11-20T10:00:00 01:00"),
        ("status", "done"),
        ("status", "x" * 10_000),
        ("detailed", "True"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(alice: Caller, name: str, value: str):
    answer = alice.get("/batches", **{name: value})
    assert answer.status_code == 400
    assert name in answer.json()["error"]


def test_a_parameter_given_twice_is_refused(alice: Caller):
    assert alice.get("/batches", limit=[1, 2]).status_code == 400


def test_unknown_parameters_are_ignored(alice: Caller):
    assert len(alice.names(exclude_archived="False")) == 6


def test_detailed_adds_progress(alice: Caller):
    doc = alice.get("/batches", detailed="true", limit=1).json()["docs"][0]
    assert doc["tasks_pending"] == doc["pending"] == doc["progress"]["tasks_pending"] == 0
    assert "pending" not in alice.get("/batches", detailed="false").json()["docs"][0]
