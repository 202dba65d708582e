"""Which key a page is drawn with, and who may read through which."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.models import ApiKey
from batches.services.keys.choose import choose_key
from batches.services.keys.listing import find_own_key, list_readable_keys, readable_fingerprints
from batches.services.keys.manage import delete_key, make_default, share_key
from batches.services.keys.types import ViewerKey
from tests.support.vendor import KeyMaker


def chosen(user: User, ref: str = "") -> ViewerKey | None:
    return choose_key(user=user, ref=ref).key


def default(key: ViewerKey) -> ViewerKey:
    make_default(key=key)
    return replace(key, is_default=True)


def test_the_address_decides_before_the_default(alice: User, key_for: KeyMaker) -> None:
    live, test = default(key_for(alice)), key_for(alice, mode="test")

    assert chosen(alice, test.ref) == test
    assert chosen(alice) == live


def test_the_choice_costs_one_query(
    alice: User, bob: User, key_for: KeyMaker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keys = [key_for(alice), key_for(alice, mode="test"), key_for(bob, is_shared=True)]

    with django_assert_num_queries(1):
        choose_key(user=alice, ref=keys[0].ref)


def test_without_a_default_an_own_key_comes_before_a_shared_one(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    key_for(bob, is_shared=True)
    own = key_for(alice, mode="test")

    assert chosen(alice) == own


def test_who_holds_the_key_too_reads_with_the_own_one(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    shared, own = key_for(bob, is_shared=True), key_for(alice)

    assert shared.ref == own.ref
    assert list_readable_keys(user=alice) == (own,)
    assert chosen(alice, shared.ref) == own


def test_a_reader_who_lacks_the_key_gets_one_of_the_same_mode_with_a_note(
    alice: User, key_for: KeyMaker
) -> None:
    default(key_for(alice, mode="test"))
    live = key_for(alice)

    choice = choose_key(user=alice, ref="live-00000000")

    assert choice.key == live
    assert f"You see it with “{live.label}”" in choice.note


def test_nobody_drifts_into_the_other_mode(alice: User, key_for: KeyMaker) -> None:
    live = default(key_for(alice))

    choice = choose_key(user=alice, ref="test-00000000")

    assert choice.key is None
    assert choice.keys == (live,)
    assert "needs a Test key, and you have none" in choice.note


@pytest.mark.parametrize(
    "ref",
    ["prod-12345678", "live-1234567", "live-1234567g", "live-12345678 ", "١", "live\0", "x" * 9999],
)
def test_what_cannot_be_a_key_is_ignored_with_a_note(
    alice: User, key_for: KeyMaker, ref: str
) -> None:
    key = default(key_for(alice))

    choice = choose_key(user=alice, ref=ref)

    assert choice.key == key
    assert "The key in this address is not valid" in choice.note


def test_without_a_default_test_goes_before_live_with_a_note(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    key_for(alice)
    test = key_for(alice, mode="test")
    key_for(bob, mode="test", api_key="another-test-key", is_shared=True)

    choice = choose_key(user=alice, ref="")

    assert choice.key == test
    assert "None of your keys is the default." in choice.note
    assert f"“{test.label}”" in choice.note


def test_a_link_from_before_a_replacement_finds_the_key(alice: User, key_for: KeyMaker) -> None:
    default(key_for(alice))
    key = key_for(alice, api_key="another-live-key")
    ApiKey.objects.filter(id=key.id).update(earlier=["0123456789abcdef"])

    choice = choose_key(user=alice, ref="live-01234567")

    assert choice.key
    assert choice.key.id == key.id
    assert choice.note == ""
    assert "0123456789abcdef" in readable_fingerprints(choice.keys)


def test_a_shared_key_is_read_with_and_not_operated_with(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    shared = key_for(bob, is_shared=True)

    key = chosen(alice, shared.ref)

    assert key
    assert (key.owner_name, key.is_own, key.can_operate) == ("bob", False, False)
    assert not key.is_default


def test_a_key_that_is_not_shared_is_nobody_elses(
    alice: User, charlie: User, key_for: KeyMaker
) -> None:
    key = key_for(alice)

    assert list_readable_keys(user=charlie) == ()
    assert find_own_key(user=charlie, key_id=key.id) is None
    assert find_own_key(user=charlie, key_id=uuid4()) is None


def test_sharing_ends_at_once(alice: User, bob: User, key_for: KeyMaker) -> None:
    key = key_for(bob)
    share_key(key=key, is_shared=True)
    assert chosen(alice) is not None

    share_key(key=key, is_shared=False)
    assert chosen(alice) is None


def test_a_disabled_owners_key_is_read_with_no_more(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    key_for(bob, is_shared=True)
    User.objects.filter(id=bob.pk).update(is_active=False)

    assert list_readable_keys(user=alice) == ()


def test_how_the_vendor_treats_a_key_rides_along(alice: User, key_for: KeyMaker) -> None:
    key_for(alice)
    at = datetime(2026, 11, 23, 14, tzinfo=UTC)
    ApiKey.objects.update(is_refused=True, refused_at=at, refusal="Unknown key", not_before=at)

    found = chosen(alice)

    assert found
    assert found.is_refused
    assert (found.refused_at, found.refusal, found.not_before) == (at, "Unknown key", at)


def test_a_row_sealed_with_a_missing_encryption_key_says_so(alice: User, key_for: KeyMaker) -> None:
    ApiKey.objects.filter(id=key_for(alice).id).update(sealed_with="gone")

    found = chosen(alice)

    assert found
    assert not found.is_readable


def test_a_new_default_takes_the_place_of_the_old(alice: User, key_for: KeyMaker) -> None:
    first, second = default(key_for(alice)), key_for(alice, mode="test")

    make_default(key=second)
    make_default(key=replace(first, id=uuid4()))  # deleted meanwhile: the default stays

    assert ApiKey.objects.get(is_default=True).id == second.id


def test_a_deleted_default_is_inherited_within_its_mode(alice: User, key_for: KeyMaker) -> None:
    gone = default(key_for(alice, mode="test"))
    heir = key_for(alice, mode="test", api_key="another-test-key")
    key_for(alice)

    assert delete_key(key=gone) == heir.label
    assert ApiKey.objects.get(is_default=True).id == heir.id


def test_a_deleted_default_without_its_like_leaves_none(alice: User, key_for: KeyMaker) -> None:
    gone = default(key_for(alice, mode="test"))
    key_for(alice)

    assert delete_key(key=gone) == ""
    assert not ApiKey.objects.filter(is_default=True).exists()


def test_deleting_another_key_leaves_the_default(alice: User, key_for: KeyMaker) -> None:
    stays, goes = default(key_for(alice)), key_for(alice, mode="test")

    assert delete_key(key=goes) == ""
    assert chosen(alice) == stays
