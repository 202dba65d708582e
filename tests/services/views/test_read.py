"""Views are found by their slug: one's own, and what others share."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.backends import AccountBackend
from batches.services.views import read
from batches.services.views.read import default_view_of, find_own_view, find_view, list_views
from batches.services.views.types import NotShared
from batches.services.views.write import delete_view, set_default_view
from tests.support.saved_views import saved


def test_own_views_come_first_each_kind_by_name(alice: User, bob: User):
    for name in ("runs", "All", "Über"):
        saved(alice, name)
    saved(bob, "staging", is_shared=True)
    saved(bob, "Lidar nights", is_shared=True)
    saved(bob, "Mine alone")

    found = list_views(user=alice)

    assert [one.name for one in found] == ["All", "runs", "Über", "Lidar nights", "staging"]
    assert [one.is_own for one in found] == [True, True, True, False, False]
    assert {one.owner_name for one in found} == {"alice", "bob"}


def test_the_list_takes_one_query_however_many_there_are(
    alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
):
    for number in range(5):
        saved(alice, f"mine {number}")
        saved(bob, f"his {number}", is_shared=True)
    with django_assert_num_queries(1):
        assert len(list_views(user=alice)) == 10


def test_of_others_a_menu_has_so_many_and_the_rest_by_link(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(read, "SHARED_AT_MOST", 1)
    saved(bob, "A", is_shared=True)
    last = saved(bob, "B", is_shared=True)

    assert [one.name for one in list_views(user=alice)] == ["A"]
    assert find_view(user=alice, slug=last.slug)


def test_one_is_found_by_its_owner_and_once_shared_by_everybody(alice: User, bob: User):
    mine, shared = saved(alice, "Mine"), saved(alice, "Ours", is_shared=True)

    assert find_view(user=alice, slug=mine.slug) == mine
    found = find_view(user=bob, slug=shared.slug)
    assert found
    assert (found.id, found.is_own, found.owner_name) == (shared.id, False, "alice")
    with pytest.raises(NotShared) as told:
        find_view(user=bob, slug=mine.slug)
    assert told.value.owner_name == "alice"


@pytest.mark.parametrize("slug", ["", "no-such", "Due-First", "a\0b", "é", "a" * 65, "../x"])
def test_anything_else_is_unknown(alice: User, slug: str):
    saved(alice)
    assert find_view(user=alice, slug=slug) is None
    assert find_own_view(user=alice, slug=slug) is None


def test_what_is_no_slug_costs_no_query(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(0):
        find_view(user=alice, slug="a\0b")


def test_only_the_owner_finds_one_to_change_it(alice: User, bob: User):
    shared = saved(alice, is_shared=True)
    assert find_own_view(user=alice, slug=shared.slug) == shared
    assert find_own_view(user=bob, slug=shared.slug) is None


def test_what_a_disabled_account_shared_goes_on_working(alice: User, bob: User):
    shared = saved(bob, is_shared=True)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert [one.slug for one in list_views(user=alice)] == [shared.slug]
    found = find_view(user=alice, slug=shared.slug)
    assert found
    assert found.owner_name == "bob"


def both_ways(user: User) -> str:
    """The default view, as a service and as a request has it."""
    account = AccountBackend().get_user(user.pk)
    assert account
    slug = default_view_of(user=account)
    assert slug == default_view_of(user=user)
    return slug


def test_the_default_comes_with_the_account(
    alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
):
    assert both_ways(alice) == ""
    set_default_view(user=alice, view=saved(alice))
    assert both_ways(alice) == "due-first"
    with django_assert_num_queries(1):
        account = AccountBackend().get_user(alice.pk)
        assert account
        default_view_of(user=account)


def test_a_default_of_somebody_else_counts_while_it_is_shared(alice: User, bob: User):
    his = saved(bob, is_shared=True)
    set_default_view(user=alice, view=his)
    assert both_ways(alice) == his.slug
    bob.saved_views.update(is_shared=False)
    assert both_ways(alice) == ""
    bob.saved_views.update(is_shared=True)
    assert both_ways(alice) == his.slug


def test_a_default_that_is_deleted_leaves_none(alice: User, bob: User):
    his = saved(bob, is_shared=True)
    set_default_view(user=alice, view=his)
    delete_view(user=bob, view=his)
    assert both_ways(alice) == ""
    set_default_view(user=alice, view=his)  # from a page that still shows it
    assert both_ways(alice) == ""
