"""What an answer may hold is bounded and cleaned once, at the door; each cut says so."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import BadAnswer, parse_batch, parse_page, parse_projects, parse_status
from batches.refonte.limits import (
    CUT,
    KEY_MAX,
    NAME_MAX,
    OBJECT_MAX,
    TEXT_MAX,
    is_whole,
    keep_rows,
    limit_payload,
)
from batches.refonte.messages import Reply
from batches.refonte.replies import read_payload
from batches.refonte.secret import Secret
from batches.refonte.types import PROJECTS_MAX
from tests.support.json_values import JSON

KEY = Secret("live_4fQ/9zK+7bXw2mPd")
MEGABYTE = "x" * 1_000_000


def through_the_door(payload: Any) -> Any:
    body = json.dumps(payload).encode()
    return read_payload(Reply(status=200, body=body), KEY, may_be_bare=False)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("sta\0ging", "sta\ufffdging"),
        ("half \ud83d", "half \ufffd"),
        ("\U0001f408", "\U0001f408"),
        (MEGABYTE, MEGABYTE[: TEXT_MAX - len(CUT)] + CUT),
    ],
)
@pytest.mark.parametrize("place", ["status", "project", "metadata", "list", "key"])
def test_every_text_is_cleaned_and_cut(place: str, sent: str, kept: str) -> None:
    rows: dict[str, Any] = {
        "metadata": {"deep": {"er": [sent]}},
        "list": [sent],
        "key": {sent: 1},
    }
    answer = through_the_door({"name": "kitten", "rest": rows.get(place, sent)})["rest"]

    if place == "key":
        assert list(answer) == [kept if len(kept) <= KEY_MAX else sent[: KEY_MAX - len(CUT)] + CUT]
    else:
        assert kept in (answer, *(answer if place == "list" else ()), *deepest(answer))
    assert "\0" not in json.dumps(answer, ensure_ascii=False)


def deepest(answer: Any) -> list[str]:
    return answer["deep"]["er"] if isinstance(answer, dict) else []


@pytest.mark.parametrize("name", ["n" * (NAME_MAX + 1), MEGABYTE, "kitten \ud83d"])
def test_a_name_that_cannot_be_kept_is_no_name_and_never_another_one(name: str) -> None:
    payload = through_the_door({"docs": [{"name": name}, {"name": "kitten"}]})

    page = parse_page(payload, limit=5)
    assert [batch.name for batch in page.batches] == ["kitten"]
    assert page.rows_received == 2
    with pytest.raises(BadAnswer, match="not a batch"):
        parse_batch(through_the_door({"name": name}))
    assert parse_projects(through_the_door([{"name": name}])) == ()


def test_a_name_with_a_nul_stays_as_it_came() -> None:
    assert parse_batch(through_the_door({"name": "nul\0"})).name == "nul\0"


def test_the_longest_name_that_a_row_holds_is_read() -> None:
    longest = "\U0001f408" * NAME_MAX
    assert parse_batch(through_the_door({"name": longest})).name == longest


def test_a_status_fits_its_row_and_says_that_it_was_cut() -> None:
    status = parse_status(through_the_door({"status": MEGABYTE})).status
    assert status
    assert (len(status), is_whole(status)) == (60, False)


def test_what_a_page_needs_is_kept_however_much_stands_before_it() -> None:
    noise = {f"noise_{number}": MEGABYTE[:100] for number in range(5_000)}
    facts = {"status": "staging", "tasks_completed": 3, "progress": {**noise, "pending": 4}}

    payload = through_the_door({**noise, **facts, "name": "kitten"})

    batch = parse_batch(payload)
    assert (batch.name, batch.status) == ("kitten", "staging")
    assert len(json.dumps(payload)) < 2 * OBJECT_MAX
    assert "more fields" in payload[CUT]


def test_one_huge_batch_takes_nothing_from_the_others_of_its_list() -> None:
    rows = [{"name": "huge", "metadata": {"list": ["y" * 50] * 50_000}}, {"name": "b", "a": "c"}]

    huge, other = through_the_door({"docs": rows})["docs"]

    assert other == rows[1]
    assert len(json.dumps(huge)) < 2 * OBJECT_MAX
    assert huge["metadata"]["list"][-1].startswith(CUT)


def test_an_answer_of_an_ordinary_size_is_not_touched() -> None:
    payload = {"docs": [{"name": "kitten", "metadata": {"a": [1, 2.5, None, True, "z"]}}]}
    assert through_the_door(payload) == payload
    assert limit_payload(payload) == payload


def test_rows_past_the_limit_are_passed_over_and_more_follow() -> None:
    rows = [{"name": f"kitten-{number}"} for number in range(9)]
    for payload in ({"docs": rows, "has_more": False}, rows):
        kept = keep_rows(payload, 5)
        page = parse_page(kept, limit=5)
        assert parse_page(payload, limit=5) == page
        assert (len(page.batches), page.rows_received) == (5, 5)
        assert (page.is_cut, page.has_more) == (True, True)
        assert len(kept["docs"] if isinstance(kept, dict) else kept) == 6


def test_a_page_as_long_as_asked_for_is_not_cut() -> None:
    assert not parse_page({"docs": [{"name": "a"}, {"name": "b"}]}, limit=2).is_cut


def test_projects_past_the_thousandth_are_passed_over() -> None:
    rows = [{"name": f"project-{number}"} for number in range(PROJECTS_MAX + 5)]
    assert len(parse_projects(keep_rows(rows, PROJECTS_MAX))) == PROJECTS_MAX


def test_a_project_that_no_form_takes_is_not_offered() -> None:
    assert parse_projects([{"name": "a\0b"}]) == ()


@given(JSON)
def test_whatever_comes_stays_json_and_is_in_bounds_at_once(payload: Any) -> None:
    once = limit_payload(payload)
    assert json.dumps(limit_payload(once)) == json.dumps(once)
    assert "\0" not in json.dumps(_nameless(once), ensure_ascii=False)


@given(st.dictionaries(st.text(st.characters()), JSON))
def test_what_is_read_can_be_written(payload: dict[str, Any]) -> None:
    json.dumps(limit_payload(payload), ensure_ascii=False).encode()


def _nameless(value: Any) -> Any:
    """A name keeps its NUL."""
    if isinstance(value, list):
        return [_nameless(item) for item in value]
    if isinstance(value, dict):
        return {key: _nameless(item) for key, item in value.items() if key != "name"}
    return value
