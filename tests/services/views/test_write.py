"""A view is saved once, updated by whoever saw its last state, and renamed without a new link."""

from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError

from batches.models import SavedView
from batches.services.views import write
from batches.services.views.read import find_own_view, find_view
from batches.services.views.types import NameTaken, TooManyViews, View, ViewChanged
from batches.services.views.write import (
    change_view,
    delete_view,
    set_default_view,
    update_view,
)
from tests.support.clock import NOON
from tests.support.saved_views import saved


def again(view: View, owner: User) -> View:
    found = find_own_view(user=owner, slug=view.slug)
    assert found
    return found


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Due first", "due-first"),
        ("Voice, errors over 5 %", "voice-errors-over-5"),
        ("Überfällig", "uberfallig"),
        ("срочно", "view"),
        ("🐈", "view"),
        ("---", "view"),
        ("<script>alert(1)</script>", "scriptalert1script"),
        ("a" * 60, "a" * 58),
    ],
)
def test_the_slug_is_the_name_in_ascii(alice: User, name: str, slug: str):
    view = saved(alice, name)
    assert (view.name, view.slug) == (name, slug)
    assert find_view(user=alice, slug=slug) == view


def test_a_slug_that_is_taken_gets_a_number(alice: User, bob: User, vera: User):
    slugs = [saved(owner).slug for owner in (alice, bob, vera)]
    assert slugs == ["due-first", "due-first-2", "due-first-3"]
    delete_view(user=bob, view=again_of(bob))
    assert saved(bob, "due FIRST").slug == "due-first-2"


def again_of(owner: User) -> View:
    return again(saved(owner), owner)


def test_a_slug_that_is_taken_in_the_same_moment_gets_another(alice: User, bob: User):
    saved(bob)
    with patch.object(write, "free_slug", side_effect=["due-first", "due-first-2"]):
        assert saved(alice).slug == "due-first-2"
    with (
        patch.object(write, "free_slug", return_value="due-first"),
        pytest.raises(IntegrityError),
    ):
        saved(alice, "Another")


def test_the_same_sent_twice_is_saved_once(alice: User):
    assert saved(alice) == saved(alice)
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize("name", ["Due first", "due FIRST"])
def test_a_person_has_a_name_once(alice: User, bob: User, name: str):
    saved(alice)
    with pytest.raises(NameTaken):
        saved(alice, name, "status=staging")
    saved(bob, name, "status=staging")


def test_a_person_has_so_many_views_at_most(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(write, "VIEWS_AT_MOST", 2)
    for name in ("One", "Two"):
        saved(alice, name)
    with pytest.raises(TooManyViews):
        saved(alice, "Three")
    saved(alice, "Two")  # is there
    saved(bob, "Three")


def test_an_update_stores_what_the_page_shows(alice: User, clock: time_machine.Traveller):
    view = saved(alice)
    clock.shift(60)
    update_view(view=view, query="status=staging", version=view.version)
    now = again(view, alice)
    assert (now.query, now.changed_at) == ("status=staging", NOON + timedelta(seconds=60))
    update_view(view=now, query="status=staging", version=view.version)  # sent twice


def test_the_second_of_two_tabs_is_told(alice: User):
    view = saved(alice)
    update_view(view=view, query="status=staging", version=view.version)
    with pytest.raises(ViewChanged):
        update_view(view=again(view, alice), query="q=cat", version=view.version)
    # both at the same moment: each has read the view before the other wrote
    with pytest.raises(ViewChanged):
        update_view(view=view, query="q=cat", version=view.version)
    assert again(view, alice).query == "status=staging"


def test_an_update_of_a_deleted_view_is_told(alice: User):
    view = saved(alice)
    delete_view(user=alice, view=view)
    with pytest.raises(ViewChanged):
        update_view(view=view, query="q=cat", version=view.version)


def test_a_renamed_view_keeps_its_link(alice: User):
    view = saved(alice)
    change_view(user=alice, view=view, name="Urgent", is_shared=True)
    now = again(view, alice)
    assert (now.name, now.slug, now.is_shared) == ("Urgent", "due-first", True)
    # also where the page was drawn before: it is the same query
    assert now.version == view.version


def test_a_view_is_not_renamed_to_the_name_of_another(alice: User, bob: User):
    view = saved(alice)
    saved(alice, "Urgent")
    saved(bob, "Lidar")
    with pytest.raises(NameTaken):
        change_view(user=alice, view=view, name="urgent", is_shared=False)
    change_view(user=alice, view=view, name="due First", is_shared=False)
    change_view(user=alice, view=view, name="Lidar", is_shared=False)
    assert again(view, alice).name == "Lidar"


def test_nobody_changes_or_deletes_anothers_view(alice: User, bob: User):
    view = saved(alice, is_shared=True)
    change_view(user=bob, view=view, name="Mine now", is_shared=False)
    delete_view(user=bob, view=view)
    assert again(view, alice) == view


def test_the_default_is_taken_back(alice: User):
    set_default_view(user=alice, view=saved(alice))
    set_default_view(user=alice, view=None)
    alice.preferences.refresh_from_db()
    assert alice.preferences.default_view is None
