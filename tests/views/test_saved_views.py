"""The menu of views, the page of all of them, and the forms that save and change them."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from batches.models import ApiKey, SavedView
from batches.services.keys.types import KeyHandle
from batches.services.views import write
from batches.services.views.read import default_view_of, find_own_view
from batches.services.views.types import View
from batches.services.views.write import set_default_view, update_view
from batches.views import saved_views_presenter
from batches.views.saved_views_presenter import query_words
from tests.support.pages import HOSTILE, Browse, list_address, text_of
from tests.support.saved_views import saved
from tests.support.vendor import KeyMaker

HTMX = {"HX-Request": "true"}
FETCH = HTMX | {"X-Poll": "1"}


@pytest.fixture(autouse=True)
def _vendor(refonte: Any) -> None:
    """Of the lists behind the menus."""


def fetch(client: Client, page: Any) -> Any:
    """The menu of a list, as opening it does."""
    address = re.search(r'hx-get="(/views/menu/[^"]*)"', page.text)
    assert address
    return client.get(unescape(address[1]), headers=FETCH)


def menu(client: Client, key: KeyHandle, query: str = "") -> Any:
    return fetch(client, client.get(list_address(key, query), follow=True))


def fields_of(answer: Any, action: str) -> dict[str, str]:
    """The hidden fields of one form."""
    form = answer.text.partition(f'action="{action}"')[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in found}


def stored(view: View) -> SavedView:
    return SavedView.objects.get(pk=view.id)


# The menu


def test_the_menu_names_the_views_and_what_can_be_done(
    key: KeyHandle, alice: User, bob: User, as_alice: Client
):
    set_default_view(user=alice, view=saved(alice, "All that runs", "status=in_progress"))
    saved(alice, "Due first")
    saved(bob, "Staging, all projects", is_shared=True)
    saved(bob, "Hidden")
    found = menu(as_alice, key, "view=due-first&status=")

    assert text_of(found) == (
        "All batches Mine All that runs my default Due first changed Shared Staging, all projects "
        "bob Update “ Due first ” Save as… Copy link only you Rename or share… Delete… Manage views"
    )
    assertContains(found, f'href="/batches/?view=staging-all-projects&amp;key={key.ref}"')
    assertContains(found, f'href="/batches/?key={key.ref}"')
    assert "<html" not in found.text


def test_a_view_as_it_was_saved_has_nothing_to_update(
    key: KeyHandle, alice: User, as_alice: Client
):
    saved(alice, is_shared=True)
    found = menu(as_alice, key, "view=due-first")

    assertNotContains(found, "Update")
    assertNotContains(found, "changed")
    assertNotContains(found, "only you")
    # also where its name is written with what it holds
    assertNotContains(menu(as_alice, key, "view=due-first&sort=due"), "Update")


def test_a_view_of_somebody_else_is_saved_under_another_name(
    key: KeyHandle, bob: User, as_alice: Client
):
    saved(bob, is_shared=True)
    found = menu(as_alice, key, "view=due-first&status=staging")

    assert "Shared Due first changed · bob Save as…" in text_of(found)
    for words in ("Update", "Rename or share", "Delete"):
        assertNotContains(found, words)
    assertContains(found, "Save as…")


def test_a_list_without_a_view_has_the_first_place_marked(
    key: KeyHandle, alice: User, as_alice: Client
):
    saved(alice)
    found = menu(as_alice, key, "status=staging")
    assert re.search(r'href="/batches/\?key=[^"]*" aria-current="true"', found.text)
    assert found.text.count("aria-current") == 1


@pytest.mark.parametrize(
    ("query", "link"),
    [
        ("", "/batches/?key={}"),
        (
            "status=staging&seen=50&before=2026-11-23T10:00:00.250Z",
            "/batches/?status=staging&key={}",
        ),
        ("view=due-first", "/batches/?view=due-first&key={}"),
        ("view=due-first&status=&sort=due", "/batches/?view=due-first&status=&key={}"),
        ("view=gone&status=staging", "/batches/?status=staging&key={}"),
    ],
)
def test_the_link_that_is_copied_is_the_short_one(
    key: KeyHandle, alice: User, as_alice: Client, query: str, link: str
):
    saved(alice)
    found = re.search(r'data-copy="([^"]*)"', menu(as_alice, key, query).text)
    assert found
    assert unescape(found[1]) == f"http://testserver{link.format(key.ref)}"


def test_without_a_script_the_menu_is_a_page(key: KeyHandle, alice: User, as_alice: Client):
    saved(alice)
    page = as_alice.get(list_address(key, "view=due-first&status="))
    address = re.search(r'<a class="menu-item" href="(/views/menu/[^"]*)"', page.text)
    assert address
    shown = as_alice.get(unescape(address[1]))

    assertContains(shown, "<title>Views")
    assertContains(shown, "Update “")
    assertContains(
        shown, f"http://testserver/batches/?view=due-first&amp;status=&amp;key={key.ref}"
    )
    assertNotContains(shown, "Find a view")


@pytest.mark.parametrize(("number", "is_there"), [(8, False), (9, True)])
def test_many_views_are_found_by_typing(
    key: KeyHandle, alice: User, as_alice: Client, number: int, is_there: bool
):
    for at in range(number):
        saved(alice, f"View {at}")
    assert ("Find a view" in menu(as_alice, key).text) is is_there


@pytest.mark.parametrize("way", ["menu/?limit=abc&", "save/?status=a b&"])
def test_a_list_that_is_none_has_no_menu(key: KeyHandle, as_alice: Client, way: str):
    assert as_alice.get(f"/views/{way}key={key.ref}").status_code == 400


def test_the_menu_of_a_page_whose_key_is_gone_says_so(
    key: KeyHandle, alice: User, as_alice: Client, key_for: KeyMaker
):
    page = as_alice.get(list_address(key))
    key_for(alice, mode="test")
    ApiKey.objects.filter(id=key.id).delete()
    answer = fetch(as_alice, page)
    assert "key-lost" in answer["HX-Trigger"]
    assert answer["HX-Reswap"] == "none"


# Save as


def save(client: Client, key: KeyHandle, query: str = "", **typed: str) -> Any:
    """Press *Save as…* on a list, type, and send."""
    found = re.search(r'href="(/views/save/[^"]*)"', menu(client, key, query).text)
    assert found
    sheet = client.get(unescape(found[1]), headers=HTMX)
    return client.post("/views/save/", fields_of(sheet, "/views/save/") | typed)


def test_a_list_is_saved_as_it_is_shown(key: KeyHandle, alice: User, as_alice: Client):
    answer = save(as_alice, key, "status=staging&limit=25&seen=25", name="Staging")

    there = f"/batches/?view=staging&key={key.ref}"
    assertRedirects(answer, there, fetch_redirect_response=False)
    row = SavedView.objects.get()
    assert (row.owner, row.name, row.is_shared) == (alice, "Staging", False)
    assert row.query == "status=staging&limit=25"
    page = as_alice.get(there)
    assert "“Staging” is saved." in text_of(page)
    assertNotContains(fetch(as_alice, page), "changed")


def test_a_changed_view_is_saved_under_another_name(
    key: KeyHandle, bob: User, alice: User, as_alice: Client
):
    saved(bob, "Due first", "status=in_progress&sort=due&created=7d&tz=UTC", is_shared=True)
    save(as_alice, key, "view=due-first&status=&created=", name="Due first", is_shared="on")

    row = SavedView.objects.get(owner=alice)
    assert (row.slug, row.query, row.is_shared) == ("due-first-2", "sort=due", True)


def test_what_somebody_shares_is_offered_under_its_name(
    key: KeyHandle, bob: User, as_alice: Client
):
    saved(bob, "Lidar nights", "project=lidar", is_shared=True)
    sheet = as_alice.get(f"/views/save/?view=lidar-nights&key={key.ref}")
    assertContains(sheet, 'value="Lidar nights"')
    assert "It holds: lidar . Not the key" in text_of(sheet)


def test_a_form_sent_twice_saves_one_view(key: KeyHandle, as_alice: Client):
    for _ in range(2):
        answer = save(as_alice, key, "status=staging", name="Staging")
        assert answer["Location"] == f"/batches/?view=staging&key={key.ref}"
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give the view a name."),
        ("a" * 61, "At most 60 characters; this has 61."),
        ("\u202egnp", "invisible characters"),
        ("DUE first", "You have a view of this name."),
    ],
)
def test_a_refused_name_is_said_at_its_field_and_the_list_is_kept(
    key: KeyHandle, alice: User, as_alice: Client, name: str, words: str
):
    saved(alice)
    answer = save(as_alice, key, "status=staging", name=name, is_shared="on")

    assertContains(answer, words, status_code=422)
    assertContains(answer, 'id="id_name_error"', status_code=422)
    assert fields_of(answer, "/views/save/")["status"] == "staging"
    assertContains(
        answer, 'name="is_shared" aria-describedby="id_is_shared_helptext"', status_code=422
    )
    assert SavedView.objects.count() == 1


def test_more_views_than_the_limit_are_refused(
    key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(write, "VIEWS_AT_MOST", 0)
    answer = save(as_alice, key, name="One")
    assertContains(answer, "which is the limit. Delete one first.", status_code=422)


def test_a_viewer_saves_views_too(key: KeyHandle, vera: User, key_for: KeyMaker, browse: Browse):
    own = key_for(vera)
    assert save(browse(vera), own, "status=staging", name="Mine").status_code == 302


def test_in_a_dialog_the_whole_page_goes_to_the_new_view(key: KeyHandle, as_alice: Client):
    answer = as_alice.post("/views/save/", {"name": "Mine", "key": key.ref}, headers=HTMX)
    assert answer["HX-Redirect"] == f"/batches/?view=mine&key={key.ref}"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text(key: KeyHandle, alice: User, as_alice: Client, name: str):
    # names with such characters cannot be typed, but a database may hold any
    saved(alice, name, is_shared=True)
    slug = SavedView.objects.get().slug
    for page in (
        as_alice.get(list_address(key, f"view={slug}")),
        menu(as_alice, key, f"view={slug}&status="),
        as_alice.get(f"/views/?key={key.ref}"),
        as_alice.get(f"/views/{slug}/edit/"),
        as_alice.get(f"/views/{slug}/delete/"),
    ):
        assert page.status_code == 200
        assert escape(name) in page.text or 'class="invisible"' in page.text
        assert escape(name) == name or name not in page.text


# Update


def update(client: Client, found: Any, slug: str = "due-first") -> Any:
    way = f"/views/{slug}/update/"
    return client.post(way, fields_of(found, way))


def test_an_update_stores_the_list_as_it_is_shown(key: KeyHandle, alice: User, as_alice: Client):
    view = saved(alice)
    found = menu(as_alice, key, "view=due-first&status=&project=kittens")
    answer = update(as_alice, found)

    there = f"/batches/?view=due-first&key={key.ref}"
    assertRedirects(answer, there, fetch_redirect_response=False)
    assert stored(view).query == "project=kittens&sort=due"
    assert "“Due first” is updated." in text_of(as_alice.get(there))
    assert update(as_alice, found).status_code == 302  # sent twice


def test_the_second_of_two_tabs_is_asked(key: KeyHandle, alice: User, as_alice: Client):
    view = saved(alice)
    first = as_alice.get(list_address(key, "view=due-first&project=kittens"))
    second = as_alice.get(list_address(key, "view=due-first&status=staging"))
    # its menu is opened before the other tab stores, or after: what counts is when it was drawn
    update(as_alice, fetch(as_alice, first))
    asked = update(as_alice, fetch(as_alice, second))

    assert asked.status_code == 409
    assert stored(view).query == "project=kittens&status=in_progress&sort=due"
    assert "Now it holds kittens · In progress · due first ." in text_of(asked)
    assert "The list that you have holds Staging · due first ." in text_of(asked)
    assert update(as_alice, asked).status_code == 302
    assert stored(view).query == "status=staging&sort=due"


def test_what_no_longer_exists_leaves_a_view_with_its_update(
    key: KeyHandle, alice: User, as_alice: Client
):
    view = saved(alice, "Old", "status=staging&sort=shoes")
    found = menu(as_alice, key, "view=old")
    assertContains(found, "changed")
    update(as_alice, found, "old")
    assert stored(view).query == "status=staging"


def test_an_update_of_no_list_is_refused(key: KeyHandle, alice: User, as_alice: Client):
    view = saved(alice)
    form = {"key": key.ref, "version": view.version, "limit": "abc"}
    assert as_alice.post("/views/due-first/update/", form).status_code == 400
    assert stored(view).query == view.query


# Rename, share, delete, default


def test_a_view_is_renamed_and_shared(key: KeyHandle, alice: User, as_alice: Client):
    view = saved(alice)
    sheet = as_alice.get(f"/views/due-first/edit/?key={key.ref}")
    assertContains(sheet, 'value="Due first"')
    form = {"key": key.ref, "name": "Urgent", "is_shared": "on"}
    answer = as_alice.post("/views/due-first/edit/", form)

    assertRedirects(answer, f"/views/?key={key.ref}", fetch_redirect_response=False)
    row = stored(view)
    assert (row.name, row.slug, row.is_shared) == ("Urgent", "due-first", True)
    by_htmx = as_alice.post("/views/due-first/edit/", {"name": "Urgent"}, headers=HTMX)
    assert by_htmx["HX-Refresh"] == "true"
    assert not stored(view).is_shared


def test_a_name_that_is_taken_is_refused(key: KeyHandle, alice: User, as_alice: Client):
    saved(alice)
    saved(alice, "Urgent")
    answer = as_alice.post("/views/due-first/edit/", {"name": "urgent"}, headers=HTMX)
    assertContains(answer, "You have a view of this name.", status_code=422)
    assert "<html" not in answer.text


def test_a_view_is_deleted_after_a_question(key: KeyHandle, alice: User, as_alice: Client):
    set_default_view(user=alice, view=saved(alice, is_shared=True))
    sheet = as_alice.get("/views/due-first/delete/", headers=HTMX)
    assert "Delete the view “ Due first ”?" in text_of(sheet)
    assert "others may use it" in text_of(sheet)
    assert SavedView.objects.exists()

    answer = as_alice.post(f"/views/due-first/delete/?key={key.ref}")
    assertRedirects(answer, f"/views/?key={key.ref}", fetch_redirect_response=False)
    assert as_alice.get("/batches/")["Location"] == f"/batches/?key={key.ref}"
    assert as_alice.post("/views/due-first/delete/").status_code == 404


def test_a_default_is_chosen_and_taken_back(
    key: KeyHandle, alice: User, bob: User, as_alice: Client
):
    saved(bob, is_shared=True)
    as_alice.post(f"/views/default/?key={key.ref}", {"view": "due-first"})
    assert default_view_of(user=alice) == "due-first"
    page = as_alice.get(f"/views/?key={key.ref}")
    assert "“Batches” opens with “Due first”." in text_of(page)
    assertContains(page, 'aria-pressed="true"')

    as_alice.post("/views/default/", {"view": ""})
    assert default_view_of(user=alice) == ""
    assertNotContains(as_alice.get("/views/"), 'aria-pressed="true"')


@pytest.mark.parametrize("slug", ["secret", "gone", "a\0b"])
def test_a_view_that_cannot_be_opened_is_no_default(
    key: KeyHandle, bob: User, as_alice: Client, slug: str
):
    saved(bob, "Secret")
    assert as_alice.post("/views/default/", {"view": slug}).status_code == 404


# The page


def test_the_page_names_all_views_with_what_is_in_them(
    key: KeyHandle, alice: User, bob: User, as_alice: Client
):
    saved(alice, "Mine", "status=staging&created=7d&tz=UTC")
    saved(bob, "His", "project=cats", is_shared=True)
    text = text_of(as_alice.get(f"/views/?key={key.ref}"))

    assert "Mine Staging · created last 7 days –" in text
    assert "Shared by others" in text
    assert "His cats bob" in text


def test_a_page_without_views_says_how_to_make_one(key: KeyHandle, as_alice: Client):
    assert "You have no view yet." in text_of(as_alice.get("/views/"))


def test_the_page_needs_no_key(alice: User, as_alice: Client):
    saved(alice)
    assertContains(as_alice.get("/views/"), 'href="/batches/?view=due-first"')


def test_more_shared_views_than_are_listed_is_said(
    key: KeyHandle, bob: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
):
    saved(bob, is_shared=True)
    monkeypatch.setattr(saved_views_presenter, "SHARED_AT_MOST", 1)
    assert "There are more: they open by their links." in text_of(as_alice.get("/views/"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "all batches"),
        ("project=cats&q=a%20b", "cats · name has “a b”"),
        ("attention=any&sort=-errors", "needs attention: any reason · most errors first"),
        ("columns=due&density=wall&limit=100", "1 column · all on one screen · 100 rows"),
        ("columns=due,age", "2 columns"),
        ("start_time=2026-11-01&tz=UTC", "created 1 Nov 2026 – …"),
        # what a later version does not know
        ("attention=bored&sort=shoes&density=huge", "needs attention: bored · shoes · huge"),
        ("created=8d&status=staging", "Staging"),
        ("start_time=yesterday&colour=red", "all batches"),
    ],
)
def test_what_is_in_a_view_in_words(query: str, words: str):
    assert query_words(query) == words


def test_an_own_view_is_found_once_updated(alice: User):
    view = saved(alice)
    update_view(view=view, query="", version=view.version)
    found = find_own_view(user=alice, slug=view.slug)
    assert found
    assert found.query == ""
