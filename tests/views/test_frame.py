"""The frame of a page: what it says, and what it costs."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import resolve
from pytest_django import DjangoAssertNumQueries, Settings
from pytest_django.asserts import assertContains, assertNotContains

from batches.models import Preferences
from batches.sandbox import Sandbox
from batches.services.keys.choose import choose_key
from batches.services.keys.manage import make_default
from batches.views.frame import Frame, frame
from tests.support.pages import text_of
from tests.support.vendor import KeyMaker

Browse = Callable[[User], Client]


def request_of(user: User | AnonymousUser, address: str, **data: Any) -> HttpRequest:
    request = RequestFactory().get(address, data)
    request.user = user
    request.resolver_match = resolve(request.path)
    return request


def test_nobody_sees_no_key_and_costs_nothing(
    db: None, rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = rf.get("/accounts/login/")

    with django_assert_num_queries(0):
        found = frame(request)["frame"]
        assert (found.key, found.keys, found.can_operate, found.shortcuts) == (
            None,
            [],
            False,
            False,
        )
        assert (found.theme, found.zone_name, found.zone_url) == ("system", "UTC", "")


def test_the_account_comes_with_preferences_and_groups_in_two_queries(
    alice: User, as_alice: Client, key_for: KeyMaker, django_assert_max_num_queries: Any
) -> None:
    key_for(alice)
    Preferences.objects.create(user=alice, zone="UTC")
    as_alice.get("/keys/")

    # account, groups, the session where its cache is cold, keys for the page and for its frame
    with django_assert_max_num_queries(5):
        as_alice.get("/keys/")


def test_timeout_and_cookie_come_from_the_settings(
    db: None, rf: RequestFactory, settings: Settings
) -> None:
    settings.REFONTE_TIMEOUT = 7

    found = Frame(rf.get("/"))

    assert found.timeout_ms == 12_000
    assert found.csrf_cookie == settings.CSRF_COOKIE_NAME


def test_the_noun_of_the_page_is_marked(alice: User) -> None:
    assert Frame(request_of(alice, "/keys/")).nav == "keys"
    assert Frame(request_of(alice, "/healthz")).nav == ""
    for path in ("/", "/projects/kittens/"):
        assert Frame(request_of(alice, path)).nav == "overview"


def test_an_error_page_without_an_address_that_is_known_has_a_frame(
    alice: User, rf: RequestFactory, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    request = rf.get("/nowhere/")
    request.user = alice

    found = Frame(request)

    assert found.nav == ""
    assert [key.switch_url for key in found.keys] == [f"/batches/?key={key.ref}"]


def test_the_key_in_the_address_is_the_frames(alice: User, key_for: KeyMaker) -> None:
    key_for(alice)
    test = key_for(alice, mode="test")

    assert Frame(request_of(alice, "/keys/", key=test.ref)).key == test


def test_what_the_view_settled_stands(alice: User, key_for: KeyMaker) -> None:
    key_for(alice)
    request: Any = request_of(alice, "/keys/", key="live-00000000")
    request.key_choice = choose_key(user=alice, ref="live-00000000")

    assert "made with another Live key" in Frame(request).key_note
    assert Frame(request).choice is request.key_choice


@pytest.mark.parametrize("path", ["/batches/", "/batches/never/", "/operations/", "/keys/"])
def test_a_key_that_stands_in_says_so_on_every_page(
    path: str, alice: User, as_alice: Client, key_for: KeyMaker, refonte: Sandbox
) -> None:
    key_for(alice)

    page = as_alice.get(path, {"key": "live-00000000"})

    assert text_of(page).count("This link was made with another Live key.") == 1


def test_where_no_key_is_the_default_the_page_says_with_which_it_is_drawn(
    alice: User, as_alice: Client, key_for: KeyMaker, refonte: Sandbox
) -> None:
    key_for(alice)
    test = key_for(alice, mode="test")

    page = as_alice.get("/batches/", follow=True)

    assert page.request["QUERY_STRING"] == f"key={test.ref}"
    assertContains(page, "None of your keys is the default.")


def test_a_list_keeps_its_filters_but_not_its_place_under_another_key(
    alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    request = request_of(
        alice, "/batches/", status="staging", before="2026-11-23T00:00:00.000Z", seen="50"
    )

    (switch,) = Frame(request).keys

    assert switch.switch_url == f"/batches/?status=staging&key={key.ref}"
    assert switch.label == key.label


def test_a_secret_in_an_address_goes_into_no_other(alice: User, key_for: KeyMaker) -> None:
    key = key_for(alice)
    request = request_of(alice, "/keys/add/", label="Mine", api_key="live_s3cret")

    (switch,) = Frame(request).keys

    assert switch.switch_url == f"/keys/add/?label=Mine&key={key.ref}"


def test_a_batch_under_another_key_gives_way_to_the_list(alice: User, key_for: KeyMaker) -> None:
    key = key_for(alice)

    (switch,) = Frame(request_of(alice, "/batches/kitten-07/")).keys

    assert switch.switch_url == f"/batches/?key={key.ref}"


@pytest.mark.parametrize(
    ("person", "may"), [("alice", True), ("vera", False), ("charlie", False), ("ada", True)]
)
def test_who_may_operate(request: pytest.FixtureRequest, person: str, may: bool) -> None:
    user = request.getfixturevalue(person)

    assert Frame(request_of(user, "/keys/")).can_operate is may


def test_nobody_operates_with_a_shared_key(alice: User, bob: User, key_for: KeyMaker) -> None:
    shared = key_for(bob, is_shared=True)

    assert not Frame(request_of(alice, "/keys/", key=shared.ref)).can_operate


def test_an_account_without_a_role_is_offered_no_key(
    charlie: User, bob: User, key_for: KeyMaker
) -> None:
    key_for(bob, is_shared=True)

    found = Frame(request_of(charlie, "/preferences/"))

    assert (found.key, found.keys, found.key_note) == (None, [], "")


def test_the_mode_stands_in_the_title_and_the_key_in_the_frame(
    alice: User, as_alice: Client, key_for: KeyMaker
) -> None:
    key = key_for(alice, mode="test")

    page = as_alice.get("/keys/")

    assertContains(page, "<title>Keys · Test ·")
    assertContains(page, f'href="/keys/?key={key.ref}"')
    assertNotContains(page, "reading only")
    assert isinstance(page.context["frame"], Frame)


def test_an_account_without_a_role_is_offered_no_way_that_leads_back_here(
    charlie: User, browse: Callable[[User], Client]
) -> None:
    page = browse(charlie).get("/batches/")

    assertContains(page, "no role yet", status_code=403)
    assertNotContains(page, "To the batches", status_code=403)
    assertNotContains(page, 'aria-label="Main"', status_code=403)


def test_every_page_that_shows_times_names_their_zone(
    alice: User, as_alice: Client, key_for: KeyMaker, refonte: Sandbox
) -> None:
    key = key_for(alice)
    Preferences.objects.create(user=alice, zone="Asia/Tokyo")
    refonte.add_batch("kitten-07")
    for path in ("/batches/kitten-07/", "/batches/never/", "/operations/", "/keys/"):
        page = as_alice.get(path, {"key": key.ref})
        assert "Times are in Asia/Tokyo." in text_of(page), path


PAGES = (
    "/batches/never/",
    "/operations/",
    "/keys/",
    "/keys/{}/delete/",
    "/keys/{}/replace/",
    "/preferences/",
    "/accounts/password_change/",
    "/accounts/password_change/done/",
    "/nowhere/",
)


@pytest.mark.parametrize("path", PAGES)
def test_no_way_out_of_a_page_leaves_its_key_behind(
    path: str, alice: User, as_alice: Client, key_for: KeyMaker, refonte: Sandbox
) -> None:
    make_default(key=key_for(alice))
    test = key_for(alice, mode="test")

    page = as_alice.get(path.format(test.id), {"key": test.ref})

    found = re.findall(r'(?:href|method="post" action|hx-post)="(/[^"]*)"', page.content.decode())
    ways = [way for way in found if not way.startswith(("/static/", "/accounts/log"))]
    assert len(ways) > 5
    assert [way for way in ways if "key=" not in way] == []


def test_what_is_saved_leads_on_under_the_key_of_the_page(
    alice: User, as_alice: Client, key_for: KeyMaker
) -> None:
    make_default(key=key_for(alice))
    test = key_for(alice, mode="test")
    client, query = as_alice, f"?key={test.ref}"
    likes = {"zone": "UTC", "theme": "dark", "page_size": "50"}

    assert client.post(f"/preferences/{query}", likes)["Location"] == f"/preferences/{query}"
    assert client.post(f"/keys/{test.id}/default/{query}")["Location"] == f"/keys/{query}"
    assert client.post(f"/keys/{test.id}/delete/{query}")["Location"] == "/keys/"
