"""Batches by a part of their name, as the search over everything finds them."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from batches.models import AlarmKind, SeenBatch
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.newest import AT_ONCE
from batches.services.palette.batches import SHOWN, Found, find_batches, find_named
from tests.support.batch_lists import first_page
from tests.support.clock import NOON
from tests.support.known import alarmed, estimated
from tests.support.query_plans import work_of
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")

LITTER: dict[str, dict[str, Any]] = {
    "lidar-e": {"counts": {"completed": 10}, "status": "completed"},
    "lidar-a": {"counts": {"pending": 9, "completed": 1}},
    "lidar-b": {"counts": {"pending": 10, "completed": 10}},
    "Lidar-c": {"counts": {"pending": 10, "completed": 30}, "project": "lidar"},
    "dogs": {"counts": {"pending": 10}, "status": "staging"},
}


@pytest.fixture
def litter(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    """The key of five batches, each older than the one before. The calls for it are forgotten."""
    for minutes, (name, facts) in enumerate(LITTER.items()):
        created = NOON - timedelta(minutes=minutes)
        refonte.add_batch(name, created_at=created, **facts)
    first_page(key)
    refonte.forget_calls()
    return key


def names(found: Found) -> list[str]:
    return [row.name for row in found.rows]


def test_open_ones_come_first_and_the_newest_of_them(litter: KeyHandle, refonte: Sandbox):
    found = find_batches(key=litter, q=" LIDAR ")
    assert names(found) == ["lidar-a", "lidar-b", "Lidar-c", "lidar-e"]
    assert (found.more, found.is_cut, found.here) == (0, False, None)
    assert found.looked_words == "names seen here with this key"
    assert not refonte.calls


def test_what_needs_somebody_comes_before_and_what_was_opened_before_that(litter: KeyHandle):
    alarmed(litter, "lidar-b", AlarmKind.STALLED)
    alarmed(litter, "Lidar-c", AlarmKind.AT_RISK)
    alarmed(litter, "lidar-e", AlarmKind.STALLED, dismissed_at=NOON)
    assert names(find_batches(key=litter, q="lidar")) == [
        "Lidar-c",
        "lidar-b",
        "lidar-a",
        "lidar-e",
    ]
    found = find_batches(key=litter, q="lidar", recent=["lidar-e"])
    assert names(found)[:2] == ["lidar-e", "Lidar-c"]
    assert names(find_batches(key=litter, q="lidar-b", recent=["dogs"])) == ["lidar-b"]


def test_the_exact_name_is_the_first(key: KeyHandle, refonte: Sandbox):
    for minutes, name in enumerate(("kit-10", "kit-11", "kit-1")):
        refonte.add_batch(name, created_at=NOON - timedelta(minutes=minutes))
    first_page(key)
    alarmed(key, "kit-10", AlarmKind.STALLED)
    assert names(find_batches(key=key, q="kit-1")) == ["kit-1", "kit-10", "kit-11"]


def test_of_many_the_first_are_shown_and_the_others_counted(key: KeyHandle, refonte: Sandbox):
    for number in range(SHOWN + 14):
        refonte.add_batch(f"lidar-{number}")
    first_page(key)
    found = find_batches(key=key, q="lidar")
    assert (len(found.rows), found.more) == (SHOWN, 14)


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", "lidar%a"])
def test_signs_of_sql_are_letters(litter: KeyHandle, q: str):
    assert names(find_batches(key=litter, q=q)) == []


def test_the_batch_of_the_open_page_comes_along_whatever_is_typed(litter: KeyHandle):
    for q in ("lidar", "nothing like it"):
        here = find_batches(key=litter, q=q, here="dogs").here
        assert here is not None
        assert (here.name, here.status) == ("dogs", "staging")
    assert find_batches(key=litter, q="lidar", here="\0").here is None
    assert "lidar-a" in names(find_batches(key=litter, q="lidar", here="lidar-a"))


def test_rows_have_their_estimate_and_per_cent(litter: KeyHandle):
    estimated(litter, "lidar-a", hours=(1, 2))
    [row] = find_batches(key=litter, q="lidar-a").rows
    assert row.estimate is not None
    assert row.estimate.high == NOON + timedelta(hours=2)
    assert row.progress.percent_text == "10 %"


def test_another_keys_names_are_not_found(litter: KeyHandle, key_for: KeyMaker, bob: Any):
    other = key_for(bob, api_key="another-live-key")
    assert find_batches(key=other, q="lidar", here="dogs") == Found()
    assert find_named(key=other, names=["dogs"], here="dogs") == Found()


def test_of_a_refused_key_nothing_is_shown(litter: KeyHandle):
    refused = replace(litter, is_refused=True)
    assert find_batches(key=refused, q="lidar", here="dogs") == Found(is_refused=True)
    assert find_named(key=refused, names=["dogs"]) == Found(is_refused=True)


def test_names_that_are_asked_for_keep_their_order(litter: KeyHandle):
    found = find_named(key=litter, names=["dogs", "gone", "lidar-e"], here="lidar-a")
    assert names(found) == ["dogs", "lidar-e"]
    assert found.here is not None
    assert find_named(key=litter, names=[]) == Found()


def test_an_absent_batch_is_not_found(litter: KeyHandle):
    SeenBatch.objects.filter(name="lidar-a").update(absent_at=NOON)
    assert "lidar-a" not in names(find_batches(key=litter, q="lidar"))


def test_each_letter_costs_two_queries(
    litter: KeyHandle, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(2):
        find_batches(key=litter, q="lidar", recent=["dogs"], here="dogs")
    with django_assert_num_queries(1):
        find_batches(key=litter, q="nothing like it")


def ended(key: KeyHandle, numbers: range) -> None:
    SeenBatch.objects.bulk_create(
        SeenBatch(
            fingerprint=key.fingerprint,
            name=f"kitten-{number:05}",
            status="completed",
            created_at=NOON - timedelta(minutes=number),
            seen_at=NOON,
        )
        for number in numbers
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_among_very_many_it_is_said_which_were_compared(key: KeyHandle):
    ended(key, range(AT_ONCE + 20))
    found = find_batches(key=key, q="kitten", recent=["kitten-00007"])
    assert found.is_cut
    assert names(found)[0] == "kitten-00007"
    assert found.more == AT_ONCE - SHOWN
    assert found.looked_words == "the newest 3,000 names seen here with this key"
    assert names(find_batches(key=key, q="kitten-03019")) == []


# PostgreSQL reads and sorts all rows of a table as small as this one
@pytest.mark.one_database
def test_a_letter_costs_the_same_among_any_number(key: KeyHandle):
    ended(key, range(AT_ONCE + 20))
    read = partial(find_batches, key=key, q="kitten-0001")
    before = work_of(read, "batches_")
    ended(key, range(AT_ONCE + 20, 3 * AT_ONCE))
    assert work_of(read, "batches_") < 1.1 * before
