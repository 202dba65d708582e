"""Who did what, and who may see it."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from batches.models import ApiKey, State
from batches.sandbox import Sandbox
from batches.services import newest
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import KeyHandle
from batches.services.operations import history
from batches.services.operations.listing import (
    OperationFilters,
    list_operations,
    people_of_operations,
)
from tests.support.operations import create, prioritize
from tests.support.vendor import KeyMaker


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    refonte.add_project("kittens")
    return key_for(alice)


def test_who_holds_the_same_key_sees_the_operation(
    alice: User, bob: User, vera: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    operation = create(alice, key)
    key_for(bob)
    assert history.find_operation(user=bob, operation_id=operation.id) == operation
    assert history.find_operation(user=vera, operation_id=operation.id) is None


def test_another_key_shows_nothing(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    operation = create(alice, key)
    key_for(bob, mode="test")
    assert history.find_operation(user=bob, operation_id=operation.id) is None
    assert list_operations(user=bob).operations == ()


def test_a_shared_key_shows_its_operations_to_readers(
    alice: User, vera: User, key: KeyHandle
) -> None:
    operation = create(alice, key)
    ApiKey.objects.update(is_shared=True)
    assert list_operations(user=vera).operations == (operation,)


def test_admins_see_all(alice: User, ada: User, key: KeyHandle) -> None:
    operation = create(alice, key)
    assert history.find_operation(user=ada, operation_id=operation.id) == operation
    assert history.find_operation(user=ada, operation_id=uuid4()) is None


def test_ones_own_stay_visible_when_the_key_is_gone(alice: User, key: KeyHandle) -> None:
    operation = create(alice, key)
    ApiKey.objects.all().delete()
    assert history.find_operation(user=alice, operation_id=operation.id) == operation


def test_a_replaced_key_keeps_its_history(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    operation = create(alice, key)
    mine = key_for(bob, mode="test")
    ApiKey.objects.filter(id=mine.id).update(earlier=[key.fingerprint])
    assert history.find_operation(user=bob, operation_id=operation.id) == operation


def test_filters_narrow_the_list(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    done = create(alice, key)
    refused = prioritize(alice, key, name="nobody")

    def ids(**filters: Any) -> list[object]:
        narrowed = OperationFilters(**filters)
        found = list_operations(user=alice, filters=narrowed)
        return [row.id for row in found.operations]

    assert ids() == [refused.id, done.id]
    assert ids(batch="kitten-07") == [done.id]
    assert ids(state=State.REFUSED) == [refused.id]
    assert ids(person="bob") == []
    assert ids(q="ITTEN") == [done.id]
    assert ids(verb="prioritize") == [refused.id]
    assert ids(fingerprints=frozenset({key.fingerprint})) == [refused.id, done.id]
    assert ids(fingerprints=frozenset()) == []
    assert ids(end=done.created_at) == [done.id]
    assert ids(start=refused.created_at) == [refused.id]


@pytest.mark.parametrize("parts", [1, 100])
def test_rows_of_several_keys_come_in_one_order_each_once(
    monkeypatch: pytest.MonkeyPatch, alice: User, key: KeyHandle, key_for: KeyMaker, parts: int
) -> None:
    monkeypatch.setattr(newest, "PARTS_A_QUERY", parts)
    tested = key_for(alice, mode="test")
    made = [
        prioritize(alice, one, name=f"nobody-{n}").id for n, one in enumerate([key, tested] * 3)
    ]
    first = list_operations(user=alice, limit=4)
    second = list_operations(user=alice, limit=4, before=first.older)
    assert [row.id for page in (first, second) for row in page.operations] == made[::-1]


def test_people_to_choose_from_did_something_that_one_may_see(
    alice: User, bob: User, vera: User, ada: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    create(alice, key)
    prioritize(bob, key_for(bob, mode="test"), name="nobody")

    def people(user: User) -> tuple[str, ...]:
        return people_of_operations(user=user, keys=list_readable_keys(user=user))

    assert people(alice) == ("alice",)
    assert people(vera) == ()
    assert people(ada) == ("alice", "bob")


def test_pages_follow_each_other_without_gap_or_repeat(alice: User, key: KeyHandle) -> None:
    made = [prioritize(alice, key, name=f"nobody-{n}").id for n in range(5)][::-1]
    first = list_operations(user=alice, limit=2)
    second = list_operations(user=alice, limit=2, before=first.older)
    third = list_operations(user=alice, limit=2, before=second.older)
    pages = (first, second, third)
    assert [row.id for page in pages for row in page.operations] == made
    assert third.older is None


def test_a_page_before_an_unseen_row_is_the_first(alice: User, key: KeyHandle) -> None:
    operation = create(alice, key)
    page = list_operations(user=alice, before=uuid4())
    assert page.operations == (operation,)
