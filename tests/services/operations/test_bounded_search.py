"""A part of a name, and filters beyond the first: a page looks through so many operations."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services import newest
from batches.services.keys.types import KeyHandle
from batches.services.operations.listing import (
    OperationFilters,
    OperationsPage,
    list_operations,
)
from tests.support.operations import unsaved_operation
from tests.support.vendor import KeyMaker


@pytest.fixture(autouse=True)
def _ten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "AT_ONCE", 10)
    monkeypatch.setattr(newest, "LEAST_OF_A_PART", 5)


@pytest.fixture
def key(alice: User, key_for: KeyMaker) -> KeyHandle:
    """30 operations with it, a minute apart; every tenth is about a puppy."""
    key, now = key_for(alice), timezone.now()
    Operation.objects.bulk_create(
        unsaved_operation(
            alice,
            key,
            verb=Verb.CREATE,
            batch_name=f"{'kitten' if number % 10 else 'puppy'}-{number:02}",
            state=State.SUCCEEDED if number % 3 else State.REFUSED,
            created_at=now - timedelta(minutes=number),
        )
        for number in range(30)
    )
    return key


def pages(user: User, **narrowed: Any) -> list[OperationsPage]:
    filters = OperationFilters(**narrowed)
    found = [list_operations(user=user, filters=filters, limit=4)]
    while found[-1].older:
        assert len(found) < 30
        found.append(list_operations(user=user, filters=filters, before=found[-1].older, limit=4))
    return found


def names(pages: list[OperationsPage]) -> list[str]:
    return [operation.batch_name for page in pages for operation in page.operations]


@pytest.mark.parametrize("reader", ["alice", "ada"])
def test_a_search_says_how_far_it_looked_and_goes_on_there(
    key: KeyHandle, alice: User, ada: User, reader: str
) -> None:
    found = pages(alice if reader == "alice" else ada, q="puppy")

    assert names(found) == ["puppy-00", "puppy-10", "puppy-20"]
    assert len(found) > 1
    times = [page.looked_to for page in found]
    assert times[-1] is None
    assert times[:-1] == sorted(filter(None, times), reverse=True)
    assert all(
        operation.created_at >= page.looked_to
        for page in found
        for operation in page.operations
        if page.looked_to
    )


def test_a_page_that_is_full_goes_on_behind_its_last_row(key: KeyHandle, alice: User) -> None:
    first, *others = pages(alice, q="kitten")

    assert names([first]) == [f"kitten-{number:02}" for number in range(1, 5)]
    assert (first.looked_to, first.older) == (None, first.operations[-1].id)
    assert len(names([first, *others])) == len(set(names([first, *others]))) == 27


def test_a_second_filter_is_looked_for_alike(key: KeyHandle, alice: User) -> None:
    found = pages(alice, state=State.REFUSED, q="puppy", person="alice")

    assert names(found) == ["puppy-00"]
    assert names(pages(alice, state=State.REFUSED, verb=Verb.CREATE)) == [
        f"{'kitten' if number % 10 else 'puppy'}-{number:02}" for number in range(0, 30, 3)
    ]


def test_one_filter_alone_looks_as_far_as_it_has_to(key: KeyHandle, alice: User) -> None:
    assert all(page.looked_to is None for page in pages(alice, state=State.REFUSED))


def test_where_all_are_looked_through_nothing_more_is_offered(
    key: KeyHandle, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "AT_ONCE", 5_000)

    [found] = pages(alice, q="puppy")

    assert (len(found.operations), found.older, found.looked_to) == (3, None, None)
