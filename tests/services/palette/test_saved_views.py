"""Saved views by a part of their name."""

from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.services.palette.saved_views import SHOWN, find_views
from tests.support.saved_views import saved


def names(user: User, q: str = "", *recent: str) -> list[str]:
    return [view.name for view in find_views(user=user, q=q, recent=recent)]


def test_own_ones_come_before_those_that_others_share(alice: User, bob: User):
    saved(bob, "Lidar nights", is_shared=True)
    saved(bob, "Lidar, private")
    saved(alice, "My lidar")
    saved(alice, "Due first")
    assert names(alice, " LIDAR") == ["My lidar", "Lidar nights"]
    assert names(bob, "lidar") == ["Lidar nights", "Lidar, private"]
    assert names(alice) == ["Due first", "My lidar", "Lidar nights"]
    assert names(alice, "none of these") == []


def test_what_was_opened_lately_is_first(alice: User, bob: User):
    saved(alice, "My lidar")
    shared = saved(bob, "Lidar nights", is_shared=True)
    assert names(alice, "lidar", shared.slug) == ["Lidar nights", "My lidar"]


def test_letters_beyond_ascii_have_no_case_either(alice: User):
    saved(alice, "Ärger")
    assert names(alice, "ärg") == ["Ärger"]


def test_some_are_shown_for_one_query(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
):
    for number in range(SHOWN + 2):
        saved(alice, f"View {number}")
    with django_assert_num_queries(1):
        assert len(find_views(user=alice, q="view")) == SHOWN
