from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import (
    BadAnswer,
    Counts,
    ListQuery,
    Project,
    parse_accepted,
    parse_batch,
    parse_finalized,
    parse_page,
    parse_projects,
    parse_status,
)
from tests.support.json_values import JSON

FULL = {
    "project": "kittens",
    "name": "kitten-07",
    "callback": "ana@example.com",
    "status": "in_progress",
    "created_at": "2023-08-01T23:04:12.168Z",
    "metadata": {"colour": "red"},
}
ROWS = [{"name": f"kitten-{number}"} for number in range(5)]


def test_a_batch_is_read_in_full() -> None:
    batch = parse_batch(FULL)
    assert (batch.name, batch.project, batch.callback) == (
        "kitten-07",
        "kittens",
        "ana@example.com",
    )
    assert batch.created_at == datetime(2023, 8, 1, 23, 4, 12, 168000, tzinfo=UTC)
    assert (batch.status, batch.metadata, batch.counts) == ("in_progress", {"colour": "red"}, None)
    assert batch.raw == FULL


@pytest.mark.parametrize("missing", [None, 7, [], {"a": 1}, True])
def test_only_the_name_of_a_batch_is_relied_on(missing: Any) -> None:
    row = dict.fromkeys(["project", "callback", "status", "created_at"], missing)
    batch = parse_batch({**row, "name": "kitten-07"})
    assert (batch.project, batch.callback, batch.status, batch.created_at) == (None,) * 4
    assert parse_batch({"name": "kitten-07", "metadata": "none"}).metadata == {}


def test_an_unknown_status_is_kept_as_it_came() -> None:
    assert parse_batch({"name": "kitten-07", "status": "On Hold!"}).status == "On Hold!"


def test_a_detailed_batch_brings_its_counts() -> None:
    batch = parse_batch({**FULL, "progress": {"tasks_pending": 3, "tasks_completed": 4}})
    assert batch.counts == Counts(pending=3, completed=4)


def test_half_a_character_is_replaced_but_in_no_name() -> None:
    assert parse_batch({"name": "kitten", "project": "cats \ud83d"}).project == "cats �"
    with pytest.raises(BadAnswer):
        parse_batch({"name": "kitten \ud83d"})


@pytest.mark.parametrize(
    "payload", [None, [], "kitten", 7, {}, {"name": None}, {"name": ""}, {"name": 7}, {"docs": []}]
)
def test_what_has_no_name_is_no_batch(payload: Any) -> None:
    with pytest.raises(BadAnswer, match="not a batch"):
        parse_batch(payload)


def test_a_status_is_read_with_its_counts() -> None:
    status = parse_status({"status": "paused", "tasks_pending": 3, "tasks_odd": 1})
    assert (status.status, status.counts) == ("paused", Counts(pending=3, other={"tasks_odd": 1}))


def test_a_status_without_counts_and_counts_without_status_are_read() -> None:
    assert parse_status({"status": "staging"}).counts.is_empty
    assert parse_status({"pending": 3}).status is None


@pytest.mark.parametrize("payload", [None, [], "staging", {}, {"status": 7}, {"error": "no"}])
def test_what_holds_neither_status_nor_counts_is_no_status(payload: Any) -> None:
    with pytest.raises(BadAnswer, match="not the status"):
        parse_status(payload)


@pytest.mark.parametrize(
    ("envelope", "total", "has_more"),
    [
        ({"totalDocs": 9, "has_more": True}, 9, True),
        ({"total": 9, "has_more": False}, 9, False),
        ({"totalDocs": 9, "total": 8, "hasNextPage": True}, 9, True),
        ({"has_more": False, "hasNextPage": True}, None, False),
        ({"has_more": "yes", "hasNextPage": False}, None, False),
        ({}, None, True),
        ({"limit": 3}, None, True),
        ({"limit": 100, "total": "many"}, None, True),
        ({"limit": 0, "total": -1}, None, True),
    ],
)
def test_a_page_says_whether_more_follow(
    envelope: dict[str, Any], total: int | None, has_more: bool
) -> None:
    page = parse_page({"docs": ROWS, **envelope}, limit=5)
    assert (page.total, page.has_more, page.rows_received) == (total, has_more, 5)


def test_a_page_that_is_not_full_is_the_last() -> None:
    assert not parse_page({"docs": ROWS}, limit=6).has_more
    assert not parse_page({"docs": ROWS, "limit": 50}, limit=6).has_more


def test_an_empty_page_is_the_last_whatever_it_says() -> None:
    assert not parse_page({"docs": [], "has_more": True}, limit=5).has_more


def test_a_bare_array_is_one_last_page() -> None:
    page = parse_page(ROWS, limit=5)
    assert (len(page.batches), page.total, page.has_more, page.rows_received) == (5, None, False, 5)


def test_rows_keep_their_order_come_once_and_all_count() -> None:
    rows = [{"name": "b", "status": "new"}, {"name": "a"}, {"name": "b"}, None, {"status": "x"}]
    page = parse_page({"docs": rows}, limit=100)
    assert [(batch.name, batch.status) for batch in page.batches] == [("b", "new"), ("a", None)]
    assert page.rows_received == 5


@pytest.mark.parametrize(
    "payload", [None, {}, {"docs": None}, {"docs": {}}, {"type": "annotation"}, "docs", FULL]
)
def test_what_has_no_docs_is_not_an_empty_list(payload: Any) -> None:
    with pytest.raises(BadAnswer, match="not a list of batches"):
        parse_page(payload, limit=5)


def test_projects_are_read_once_each() -> None:
    row = {"type": "annotation", "name": "kittens", "created_at": "2023-08-01T00:00:00Z"}
    payload = [{**row, "param_history": [{"version": 1}, {"version": 2}]}, {"name": "dogs"}, None]
    made = datetime(2023, 8, 1, tzinfo=UTC)
    kittens = Project(name="kittens", type="annotation", created_at=made, versions=2)
    assert parse_projects(payload) == (kittens, Project(name="dogs"))
    assert parse_projects({"docs": payload}) == parse_projects(payload)


@pytest.mark.parametrize("payload", [None, {}, "kittens", {"projects": 1}])
def test_what_is_no_array_is_no_list_of_projects(payload: Any) -> None:
    with pytest.raises(BadAnswer, match="not a list of projects"):
        parse_projects(payload)


@pytest.mark.parametrize("payload", [{"result": "success"}, {"result": "success", "id": 7}, None])
def test_a_yes_to_a_priority_is_a_result_of_success_or_nothing(payload: Any) -> None:
    parse_accepted(payload)


def test_a_yes_to_a_finalize_is_the_batch() -> None:
    assert parse_finalized(FULL) == parse_batch(FULL)


NO_YES: tuple[Any, ...] = (
    {},
    [],
    "yes",
    {"result": "failure"},
    {"result": True},
    {"error": "no"},
    True,
)


@pytest.mark.parametrize("payload", [*NO_YES, FULL])
def test_anything_else_is_no_yes_to_a_priority(payload: Any) -> None:
    with pytest.raises(BadAnswer, match="accepted"):
        parse_accepted(payload)


@pytest.mark.parametrize("payload", [*NO_YES, None, {"result": "success"}])
def test_anything_else_is_no_yes_to_a_finalize(payload: Any) -> None:
    with pytest.raises(BadAnswer, match="accepted"):
        parse_finalized(payload)


def test_a_query_is_sent_in_the_vendors_words() -> None:
    paris = timezone(timedelta(hours=2))
    query = ListQuery(
        project="kittens & co",
        status="staging",
        start_time=datetime(2023, 8, 1, tzinfo=paris),
        end_time=datetime(2023, 8, 1, 23, 59, 59, 999000, tzinfo=paris),
        limit=50,
        offset=100,
    )
    assert query.as_params() == {
        "project": "kittens & co",
        "status": "staging",
        "start_time": "2023-07-31T22:00:00.000Z",
        "end_time": "2023-08-01T21:59:59.999Z",
        "limit": "50",
        "offset": "100",
        "detailed": "true",
    }


def test_what_is_not_asked_for_is_left_out() -> None:
    assert ListQuery(detailed=False, status="").as_params() == {"limit": "100"}


def test_queries_key_a_cache() -> None:
    assert {ListQuery(limit=5): 1}[ListQuery(limit=5)] == 1


@pytest.mark.parametrize("limit_and_offset", [(0, 0), (101, 0), (-1, 0), (100, -1)])
def test_a_query_out_of_bounds_is_refused(limit_and_offset: tuple[int, int]) -> None:
    limit, offset = limit_and_offset
    with pytest.raises(ValueError, match="limit is 1–100"):
        ListQuery(limit=limit, offset=offset)


def test_a_bound_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a zone"):
        ListQuery(end_time=datetime(2023, 8, 1))  # noqa: DTZ001 - the point


KEYS = st.sampled_from(
    [*FULL, "docs", "total", "limit", "has_more", "tasks_pending", "param_history", "result"]
)
SHAPED = st.recursive(
    JSON | st.text(st.characters()) | st.sampled_from(["2023-08-01T23:04:12Z", "success"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=6),
)


READERS: tuple[Callable[[Any], object], ...] = (
    parse_batch,
    parse_status,
    parse_projects,
    parse_accepted,
    parse_finalized,
    lambda payload: parse_page(payload, limit=5),
)


@given(SHAPED)
def test_no_payload_crashes_a_reader(payload: Any) -> None:
    """To make one up takes longer than to have it read by all of them."""
    for read in READERS:
        with suppress(BadAnswer):
            read(payload)
