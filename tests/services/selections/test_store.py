"""Names that were ticked: kept in their order, at most 1,000, for one person and one key."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from batches.models import SeenBatch, SelectedBatch, Selection
from batches.models.names import name_digest, name_digests
from batches.services.keys.types import KeyHandle
from batches.services.selections.store import (
    KEPT_FOR,
    KEPT_OF_PERSON,
    NAMES_AT_MOST,
    OtherSelection,
    change_selection,
    find_names,
    find_selection,
    is_of_key,
    names_of,
    prune,
    replace_names,
)
from tests.support.query_plans import work_of
from tests.support.vendor import KeyMaker, with_replaced_key

SEEN = "batches_seenbatch"
ID = UUID("12345678-1234-4234-8234-123456789012")


def names(user: User) -> tuple[str, ...]:
    selection = find_selection(user=user, selection_id=ID)
    assert selection
    return names_of(selection=selection)


def test_names_are_kept_in_the_order_in_which_they_were_ticked(alice: User, key: KeyHandle):
    for add, remove in ((["c", "a"], []), (["b", "a"], []), (["d"], ["a"])):
        ticked = change_selection(user=alice, key=key, selection_id=ID, add=add, remove=remove)
    assert names(alice) == ("c", "b", "d")
    assert ticked.count == 3


def test_the_same_change_twice_changes_nothing_more(alice: User, key: KeyHandle):
    for _ in range(2):
        change_selection(user=alice, key=key, selection_id=ID, add=["a", "b"], remove=["c"])
    assert names(alice) == ("a", "b")


def test_to_look_at_a_selection_makes_none(alice: User, key: KeyHandle):
    assert change_selection(user=alice, key=key, selection_id=ID).count == 0
    assert not Selection.objects.exists()


def test_names_past_the_limit_are_counted_and_left_out(alice: User, key: KeyHandle):
    many = [f"kitten-{number}" for number in range(NAMES_AT_MOST + 3)]
    ticked = change_selection(user=alice, key=key, selection_id=ID, add=many)
    assert (ticked.count, ticked.left_out) == (NAMES_AT_MOST, 3)
    assert names(alice) == tuple(many[:NAMES_AT_MOST])
    again = change_selection(user=alice, key=key, selection_id=ID, add=["one more"])
    assert (again.count, again.left_out) == (NAMES_AT_MOST, 1)


def test_a_name_that_no_row_can_hold_is_not_selected(alice: User, key: KeyHandle):
    add = ["a\0b", "x" * 1_025, "fine"]
    change_selection(user=alice, key=key, selection_id=ID, add=add)
    assert names(alice) == ("fine",)


def test_a_ticked_row_ends_the_words_about_all_of_them(alice: User, key: KeyHandle):
    replace_names(user=alice, key=key, selection_id=ID, names=["b", "a"], words="all of the list")
    assert Selection.objects.get().words == "all of the list"
    change_selection(user=alice, key=key, selection_id=ID, remove=["b"])
    assert Selection.objects.get().words == ""
    replace_names(user=alice, key=key, selection_id=ID, names=["c"], words="all that match " * 50)
    assert names(alice) == ("c",)


def test_nobody_finds_or_changes_the_selection_of_another(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
):
    change_selection(user=alice, key=key, selection_id=ID, add=["a"])
    assert find_selection(user=bob, selection_id=ID) is None
    with pytest.raises(OtherSelection):
        change_selection(user=bob, key=key_for(bob), selection_id=ID, add=["b"])
    assert names(alice) == ("a",)


def test_a_selection_is_of_one_key_and_stays_of_it_when_that_is_replaced(
    alice: User, key: KeyHandle, key_for: KeyMaker
):
    change_selection(user=alice, key=key, selection_id=ID, add=["a"])
    selection = Selection.objects.get()
    assert is_of_key(selection=selection, key=key)
    assert is_of_key(selection=selection, key=with_replaced_key(key))
    other = key_for(alice, mode="test")
    assert not is_of_key(selection=selection, key=other)
    with pytest.raises(OtherSelection):
        change_selection(user=alice, key=other, selection_id=ID, add=["b"])


def test_a_person_has_a_limited_number_of_them(alice: User, key: KeyHandle):
    for _ in range(KEPT_OF_PERSON + 2):
        change_selection(user=alice, key=key, selection_id=uuid4(), add=["a"])
    assert Selection.objects.count() == SelectedBatch.objects.count() == KEPT_OF_PERSON


def test_what_nobody_changed_for_long_is_deleted(alice: User, key: KeyHandle):
    with time_machine.travel(timezone.now() - KEPT_FOR - timedelta(hours=1)):
        change_selection(user=alice, key=key, selection_id=ID, add=["old"])
    change_selection(user=alice, key=key, selection_id=uuid4(), add=["new"])
    prune(now=timezone.now())
    assert [row.name for row in SelectedBatch.objects.all()] == ["new"]
    assert Selection.objects.count() == 1


def seen(key: KeyHandle, *names: str) -> None:
    now = timezone.now()
    SeenBatch.objects.bulk_create(
        SeenBatch(fingerprint=key.fingerprint, name=name, seen_at=now) for name in names
    )


def test_names_are_found_by_the_beginnings_of_their_digests(key: KeyHandle):
    seen(key, "a", "b")
    new = with_replaced_key(key)
    seen(new, "b", "c")
    beginnings = [digest[:12] for digest in name_digests(["c", "b", "a", "unseen"])]
    assert find_names(key=new, beginnings=beginnings) == ["c", "b", "a"]
    assert find_names(key=key, beginnings=beginnings) == ["b", "a"]
    assert find_names(key=key, beginnings=[]) == []


def test_no_name_is_guessed(key: KeyHandle):
    seen(key, "a", "b")
    SeenBatch.objects.filter(name="b").update(digest=f"{name_digest('a')[:20]}0")
    assert find_names(key=key, beginnings=[name_digest("a")[:12]]) == []


def test_a_hundred_cost_the_same_among_any_number(key: KeyHandle):
    wanted = [f"kitten-{number}" for number in range(100)]
    beginnings = [digest[:12] for digest in name_digests(wanted)]
    work: list[int] = []
    for others in (range(100, 200), range(200, 3_000)):
        seen(key, *(wanted if not work else ()), *(f"kitten-{number}" for number in others))
        with connection.cursor() as cursor:  # as PostgreSQL does by itself after a minute
            cursor.execute("ANALYZE")
        work.append(work_of(lambda: find_names(key=key, beginnings=beginnings), SEEN))
    assert work[1] <= work[0] * 1.1
