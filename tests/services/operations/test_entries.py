"""The list as people read it: a bulk is one entry, unless single operations are asked for."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Bulk, Operation, State, Verb
from batches.services import newest
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import KeyHandle
from batches.services.operations.bulk_entries import BulkEntry, open_bulk
from batches.services.operations.entries import EntriesPage, choose_search, list_entries
from batches.services.operations.history import priorities_before
from batches.services.operations.listing import OperationFilters, people_of_operations
from tests.support.bulks import made_bulk
from tests.support.operations import unsaved_operation
from tests.support.vendor import KeyMaker

NOW = timezone.now()
DONE, FAILED = State.SUCCEEDED, State.REFUSED


def single(user: User, key: KeyHandle, name: str, *, minutes: int, **more: Any) -> Operation:
    values: dict[str, Any] = {"verb": Verb.PRIORITIZE, "state": DONE} | more
    operation = unsaved_operation(
        user, key, batch_name=name, created_at=NOW - timedelta(minutes=minutes), **values
    )
    operation.save()
    return operation


def entries(user: User, **more: Any) -> EntriesPage:
    filters = OperationFilters(**more.pop("filters", {}))
    return list_entries(user=user, keys=list_readable_keys(user=user), filters=filters, **more)


def names(page: EntriesPage) -> list[str]:
    return [
        f"bulk of {one.number}" if isinstance(one, BulkEntry) else one.batch_name
        for one in page.entries
    ]


@pytest.fixture
def mixed(alice: User, key: KeyHandle) -> Bulk:
    """new, a bulk of five, old."""
    single(alice, key, "new", minutes=1)
    single(alice, key, "old", minutes=9)
    states = (DONE, FAILED, State.NO_EFFECT, State.CHECKING, DONE)
    return made_bulk(alice, key, states, at=NOW - timedelta(minutes=5))


def test_a_bulk_is_one_entry_at_its_time(alice: User, mixed: Bulk) -> None:
    page = entries(alice)
    assert names(page) == ["new", "bulk of 5", "old"]
    [entry] = [one for one in page.entries if isinstance(one, BulkEntry)]
    assert (entry.done, entry.failed, entry.unknown, entry.without_effect) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"batch": "row-001"}, ["row-001"]),
        ({"state": FAILED}, ["row-001"]),
        ({"q": "row"}, ["row-004", "row-003", "row-002", "row-001", "row-000"]),
        ({"verb": Verb.FINALIZE}, ["bulk of 5"]),
        ({"verb": Verb.PRIORITIZE}, ["new", "old"]),
        ({"person": "alice"}, ["new", "bulk of 5", "old"]),
        ({"person": "alice", "verb": Verb.FINALIZE}, ["bulk of 5"]),
        ({"person": "bob"}, []),
        ({"end": NOW - timedelta(minutes=4)}, ["bulk of 5", "old"]),
        ({"start": NOW - timedelta(minutes=4)}, ["new"]),
        ({"fingerprints": frozenset()}, []),
    ],
)
def test_a_filter_for_single_operations_shows_those_of_a_bulk(
    alice: User, mixed: Bulk, filters: dict[str, Any], shown: list[str]
) -> None:
    assert names(entries(alice, filters=filters)) == shown


def test_the_filter_of_a_bulk_shows_its_operations(alice: User, mixed: Bulk) -> None:
    assert len(names(entries(alice, filters={"bulk": mixed.id}))) == 5
    assert names(entries(alice, filters={"bulk": uuid4()})) == []


def test_pages_go_on_behind_a_bulk_or_an_operation(alice: User, mixed: Bulk) -> None:
    seen: list[str] = []
    before = None
    for _ in range(3):
        page = entries(alice, before=before, limit=1)
        seen, before = seen + names(page), page.older
    assert seen == ["new", "bulk of 5", "old"]
    assert before is None
    assert names(entries(alice, before=uuid4())) == seen


def test_a_look_that_ends_early_gives_no_bulk_from_beyond(
    alice: User, mixed: Bulk, key: KeyHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two filters at once are tested row by row, among so many rows as one page looks through."""
    monkeypatch.setattr(newest, "AT_ONCE", 2)
    monkeypatch.setattr(newest, "LEAST_OF_A_PART", 2)
    for minutes in range(20, 24):
        single(alice, key, f"older-{minutes}", minutes=minutes)
    made_bulk(alice, key, [DONE] * 2, at=NOW - timedelta(minutes=30))
    wanted = {"person": "alice", "verb": Verb.FINALIZE}
    seen: list[str] = []
    before = None
    for _ in range(6):
        page = entries(alice, filters=wanted, before=before)
        seen, before = seen + names(page), page.older
        if before is None:
            break
    assert seen == ["bulk of 5", "bulk of 2"]


def test_who_may_not_read_with_the_key_sees_no_bulk(
    alice: User, bob: User, ada: User, vera: User, mixed: Bulk, key_for: KeyMaker
) -> None:
    key_for(bob, api_key="another key of his")
    assert names(entries(bob)) == []
    assert names(entries(bob, filters={"bulk": mixed.id})) == []
    assert "bulk of 5" in names(entries(ada))


def test_a_bulk_that_nobody_confirmed_is_not_in_the_record(alice: User, key: KeyHandle) -> None:
    Bulk.objects.filter(id=made_bulk(alice, key, [DONE]).id).update(confirmed_at=None)
    assert names(entries(alice)) == []


def test_people_of_bulks_can_be_chosen_too(alice: User, bob: User, key_for: KeyMaker) -> None:
    key_for(alice)
    his = key_for(bob)
    made_bulk(bob, his, [DONE])
    keys = list_readable_keys(user=alice)
    assert people_of_operations(user=alice, keys=keys) == ("bob",)


def test_an_opened_bulk_has_trouble_first(alice: User, mixed: Bulk) -> None:
    entry = next(one for one in entries(alice).entries if isinstance(one, BulkEntry))
    opened = open_bulk(entry=entry)
    assert [one.batch_name for one in opened.operations] == [
        *("row-001", "row-003", "row-002"),  # failed, unknown, no effect
        *("row-000", "row-004"),
    ]
    assert (opened.more, opened.is_trouble_whole) == (0, True)


@pytest.mark.parametrize(("failed", "shown", "whole"), [(3, 5, True), (30, 18, False)])
def test_it_has_some_twenty_at_most(
    alice: User, key: KeyHandle, failed: int, shown: int, whole: bool
) -> None:
    made_bulk(alice, key, [DONE] * 20 + [FAILED] * failed)
    [entry] = entries(alice).entries
    assert isinstance(entry, BulkEntry)
    opened = open_bulk(entry=entry)
    assert len(opened.operations) == shown
    assert (opened.more, opened.is_trouble_whole) == (20 + failed - shown, whole)


def test_a_first_priority_is_no_row_of_its_bulk(alice: User, key: KeyHandle) -> None:
    bulk = made_bulk(alice, key, [DONE], verb=Verb.CREATE)
    create = Operation.objects.get()
    single(alice, key, "row-000", minutes=0, bulk=bulk, parent=create)
    [entry] = entries(alice).entries
    assert isinstance(entry, BulkEntry)
    assert (entry.done, entry.number) == (1, 1)


def test_a_search_may_be_the_id_of_a_bulk_or_of_a_request(
    alice: User, bob: User, mixed: Bulk, key: KeyHandle
) -> None:
    single(alice, key, "asked", minutes=2, request_id="req_7Kq2")

    def chosen(user: User, q: str) -> OperationFilters:
        return choose_search(user=user, filters=OperationFilters(q=q))

    assert chosen(alice, f" {mixed.id} ").bulk == mixed.id
    assert chosen(alice, "req_7Kq2").request_id == "req_7Kq2"
    assert names(entries(alice, filters={"request_id": "req_7Kq2"})) == ["asked"]
    for text in ("req_7", "kitten", str(uuid4()), "two words", ""):
        assert chosen(alice, text).q == text
    for text in (str(mixed.id), "req_7Kq2"):  # of another person's key
        assert chosen(bob, text).q == text


def test_a_priority_tells_what_it_replaced(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    def priority(number: int, minutes: int, **more: Any) -> Operation:
        values = {"parameters": {"priority": number}} | more
        return single(alice, key, "kitten", minutes=minutes, **values)

    first, second = priority(20, 9), priority(30, 7)
    priority(11, 6, state=FAILED)
    third = priority(25, 5)
    single(
        bob,
        key_for(bob, api_key="a key of his own"),
        "kitten",
        minutes=6,
        parameters={"priority": 12},
    )
    found = priorities_before(
        user=alice, keys=list_readable_keys(user=alice), operations=[first, second, third]
    )
    assert found == {second.id: 20, third.id: 30}
    assert priorities_before(user=alice, keys=(), operations=[]) == {}
