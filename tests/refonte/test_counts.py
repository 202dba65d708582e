from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import Counts
from tests.support.json_values import JSON

COUNT_KEYS = st.sampled_from(
    ["tasks_pending", "pending", "tasks_error", "completed", "tasks_odd", "tasks_total", "tasks_\0"]
)


@pytest.mark.parametrize(
    ("data", "counts"),
    [
        ({"tasks_pending": 3, "tasks_completed": 4}, Counts(pending=3, completed=4)),
        ({"pending": 3, "error": 1, "canceled": 2}, Counts(pending=3, error=1, canceled=2)),
        ({"tasks_pending": 3, "pending": 9}, Counts(pending=3)),
        ({"tasks_pending": None, "pending": 9}, Counts(pending=9)),
        ({"tasks_in_review": 5, "in_review": 6}, Counts(other={"tasks_in_review": 5})),
        ({"tasks_pending": -1, "tasks_completed": "4", "tasks_error": True}, Counts()),
        ({"tasks_pending": 4.0, "tasks_completed": [1], "tasks_odd": -2}, Counts()),
        ({"tasks_pending": 10**400, "tasks_odd": 2**53}, Counts()),
        ({"tasks_pending": 0}, Counts(pending=0)),
    ],
)
def test_counts_are_read_in_every_variant(data: dict[str, Any], counts: Counts) -> None:
    assert Counts.parse(data) == counts


@pytest.mark.parametrize(
    "key",
    [
        "tasks_total",
        "tasks_count",
        "tasks_size",
        "tasks_all_total",
        "tasks_item_count",
        "tasks_Total",
    ],
)
@pytest.mark.parametrize("value", [0, 3, 10, 99])
def test_an_aggregate_is_known_by_its_name_and_is_in_no_sum(key: str, value: int) -> None:
    counts = Counts.parse({"tasks_completed": 10, "tasks_pending": 0, key: value})
    assert (counts.total, counts.is_at_least, counts.other) == (10, False, {})
    assert counts.aggregates == {key: value}
    assert counts.as_dict()[key] == value


@pytest.mark.parametrize("key", ["tasks_totally_lost", "tasks_recount", "tasks_font_size"])
def test_a_count_that_only_sounds_like_an_aggregate_is_summed(key: str) -> None:
    assert Counts.parse({"tasks_completed": 10, "tasks_pending": 0, key: 2}).total == 12


def test_an_aggregate_alone_is_no_count() -> None:
    assert Counts.parse({"tasks_total": 7}).is_empty
    row = {"name": "kitten-07", "tasks_total": 7, "progress": {"completed": 3}}
    assert Counts.find(row).completed == 3


def test_of_fifty_thousand_unknown_counts_fifty_are_kept_and_it_is_known_that_more_came() -> None:
    many = {f"tasks_state_{number}": 1 for number in range(50_000)}
    counts = Counts.parse({"tasks_pending": 1, "tasks_completed": 2, **many})
    assert (counts.is_cut, counts.is_at_least, len(counts.shown)) == (True, True, 50)
    assert len(counts.as_dict()) < 60
    assert Counts.parse(counts.as_dict()).is_cut


def test_counts_whose_names_were_cut_may_have_become_one_so_their_sum_is_a_lower_bound() -> None:
    long = "tasks_" + "x" * 200
    counts = Counts.parse({"tasks_pending": 1, "tasks_completed": 2, f"{long}a": 3, f"{long}b": 4})
    assert counts.is_at_least


def test_what_is_missing_is_unknown_and_not_zero() -> None:
    assert (Counts().total, Counts().is_empty, Counts().settled) == (None, True, 0)
    assert (Counts(pending=0).total, Counts(pending=0).is_empty) == (0, False)


def test_a_total_without_a_large_count_is_a_lower_bound() -> None:
    assert Counts(pending=3).is_at_least
    assert Counts(completed=3, error=1).is_at_least
    assert not Counts(pending=0, completed=3).is_at_least


def test_the_total_sums_all_and_settled_what_will_not_change() -> None:
    counts = Counts(pending=1, completed=20, error=300, canceled=4000, other={"tasks_odd": 50_000})
    assert (counts.total, counts.settled) == (54_321, 4_320)


@pytest.mark.parametrize("place", ["", "progress", "task_counts"])
def test_counts_are_found_at_the_top_or_in_one_nested_object(place: str) -> None:
    data = {"tasks_pending": 3, "tasks_completed": 4}
    row = {"name": "kitten-07", "error": 0, **({place: data} if place else data)}
    assert Counts.find(row).pending == 3


def test_the_customers_metadata_is_not_progress() -> None:
    assert Counts.find({"name": "kitten-07", "metadata": {"completed": 5}}).is_empty


@given(st.dictionaries(COUNT_KEYS | st.text(), st.integers() | JSON))
def test_what_is_read_can_be_written_and_read_again(data: dict[str, Any]) -> None:
    counts = Counts.parse(data)
    assert Counts.parse(counts.as_dict()) == counts
    assert all(type(value) is int and value >= 0 for value in counts.as_dict().values())
