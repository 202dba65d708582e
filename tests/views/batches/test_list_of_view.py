"""A list over a saved view: the address names the view and has what differs from it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from batches.models import Preferences, SavedView
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.views.write import delete_view, set_default_view, update_view
from tests.support.pages import (
    POLL,
    Browse,
    add,
    hidden_fields,
    hrefs_of,
    list_address,
    poll_address,
    poll_fields,
    poll_list,
    text_of,
)
from tests.support.saved_views import saved
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
STAGING = "status=staging&density=compact&limit=25"


@pytest.fixture
def litter(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    add(refonte, "kitten-1", "kitten-2")
    add(refonte, "puppy-1", project="dogs", status="staging", counts={"pending": 40})
    add(refonte, "puppy-2", project="wolves", status="staging", counts={"pending": 40})
    return key


def names(page: Any) -> set[str]:
    return {urlsplit(href).path.split("/")[2] for href in hrefs_of(page)}


def query_of(address: str) -> dict[str, str]:
    found = parse_qs(urlsplit(address).query, keep_blank_values=True)
    return {name: " ".join(values) for name, values in found.items()}


def test_a_view_lists_what_is_in_it(
    litter: KeyHandle, alice: User, as_alice: Client, refonte: Sandbox
):
    saved(alice, "Staging", STAGING)
    page = as_alice.get(list_address(litter, "view=staging"))

    assert names(page) == {"puppy-1", "puppy-2"}
    assertContains(page, "<title>Staging · Live")
    assertContains(page, "table--compact")
    asked = refonte.calls_to("GET", "/batches")[0].query
    assert (asked["status"], asked["limit"]) == ("staging", "25")
    assert "view" not in asked


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("project=dogs", {"puppy-1"}),
        ("status=", {"kitten-1", "kitten-2", "puppy-1", "puppy-2"}),
        ("status=in_progress", {"kitten-1", "kitten-2"}),
    ],
)
def test_the_address_comes_before_the_view(
    litter: KeyHandle, alice: User, as_alice: Client, query: str, shown: set[str]
):
    saved(alice, "Staging", STAGING)
    page = as_alice.get(list_address(litter, f"view=staging&{query}"))

    assert names(page) == shown
    assertContains(page, "table--compact")


def test_links_carry_the_view_and_what_differs_from_it(
    litter: KeyHandle, alice: User, as_alice: Client
):
    saved(alice, "Staging", STAGING)
    page = as_alice.get(list_address(litter, "view=staging&project=dogs"))

    base = {"view": "staging", "key": litter.ref}
    tabs = [query_of(href) for href in hrefs_of(page, "tab")]
    assert tabs[0] == base | {"project": "dogs", "status": ""}
    assert tabs[1] == base | {"project": "dogs"}
    assert tabs[2] == base | {"project": "dogs", "status": "in_progress"}
    cleared = query_of(hrefs_of(page, "filters-clear")[0])
    assert cleared == base | {"status": ""}
    densities = [query_of(href) for href in hrefs_of(page, "switch-place")]
    assert densities[0] == base | {"project": "dogs", "density": ""}
    assert densities[1] == base | {"project": "dogs"}


def test_a_link_means_the_same_when_it_is_opened(litter: KeyHandle, alice: User, as_alice: Client):
    saved(alice, "Staging", STAGING)
    page = as_alice.get(list_address(litter, "view=staging&project=dogs"))
    everything = as_alice.get(hrefs_of(page, "filters-clear")[0])

    assert names(everything) == {"kitten-1", "kitten-2", "puppy-1", "puppy-2"}
    assertContains(everything, "table--compact")


@pytest.mark.parametrize(
    ("typed", "short"),
    [
        # as browsers send the forms of search, days and columns
        ({"q": "", "view": "staging"}, {}),
        ({"q": "puppy", "status": "", "view": "staging"}, None),
        ({"q": "", "status": "", "view": "staging"}, {"status": ""}),
        ({"start_time": "", "end_time": "", "tz": "UTC", "view": "staging"}, {}),
        (
            {"start_time": "2026-11-01", "end_time": "", "tz": "UTC", "view": "staging"},
            {"start_time": "2026-11-01", "tz": "UTC"},
        ),
        ({"columns": ["", "due", "age"], "view": "staging"}, {"columns": "due,age"}),
        ({"limit": "", "view": "staging"}, {"limit": "50"}),
    ],
)
def test_a_form_leads_to_the_short_address(
    litter: KeyHandle,
    alice: User,
    as_alice: Client,
    typed: dict[str, Any],
    short: dict[str, str] | None,
):
    saved(alice, "Staging", STAGING)
    answer = as_alice.get("/batches/", {"key": litter.ref} | typed)

    if short is None:  # an empty value that counts: this is the short one
        assert answer.status_code == 200
        return
    assert query_of(answer["Location"]) == {"view": "staging", "key": litter.ref} | short
    assert as_alice.get(answer["Location"]).status_code == 200


def test_a_filter_that_the_view_has_is_taken_away_by_its_form(
    litter: KeyHandle, alice: User, as_alice: Client
):
    saved(alice, "Mine", "project=dogs&q=pup&columns=due&created=7d&tz=UTC&status=staging")
    page = as_alice.get(list_address(litter, "view=mine"))
    text = page.content.decode()
    forms = [form for form in text.split("<form")[1:] if 'action="/batches/"' in form]
    fields = [form.partition("</form>")[0] for form in forms]

    assert len(fields) == 4  # search, project, days, columns
    for name, mine in zip(("q", "project", "tz", "columns"), fields, strict=True):
        assert mine.count('name="view" value="mine"') == 1
        # what the person leaves empty has to be in what is sent
        assert mine.count(f'name="{name}"') == (1 if name != "columns" else 1 + 8)
    for query in ("q=&view=mine", "project=&view=mine", "start_time=&end_time=&view=mine"):
        shorter = as_alice.get(list_address(litter, query))
        assert shorter.status_code == 200 or as_alice.get(shorter["Location"]).status_code == 200


def test_a_key_is_added_to_the_address_of_a_view_and_no_page_size(
    litter: KeyHandle, alice: User, as_alice: Client
):
    Preferences.objects.create(user=alice, page_size=100)
    saved(alice, "Staging", STAGING)
    answer = as_alice.get("/batches/?view=staging")
    assert answer["Location"] == f"/batches/?view=staging&key={litter.ref}"


# The default view


def test_a_bare_address_leads_to_the_default_view(litter: KeyHandle, alice: User, as_alice: Client):
    Preferences.objects.create(user=alice, page_size=100)
    set_default_view(user=alice, view=saved(alice))
    there = f"/batches/?view=due-first&key={litter.ref}"

    assert as_alice.get("/batches/")["Location"] == there
    nav = as_alice.get("/keys/", {"key": litter.ref}).text.split('aria-label="Main"')[1]
    assert f'href="{there.replace("&", "&amp;")}"' in nav


def test_an_address_with_anything_in_it_is_the_same_for_everybody(
    litter: KeyHandle, alice: User, as_alice: Client
):
    set_default_view(user=alice, view=saved(alice))

    page = as_alice.get(list_address(litter))
    assert names(page) == {"kitten-1", "kitten-2", "puppy-1", "puppy-2"}
    answer = as_alice.get("/batches/?status=staging")
    assert answer["Location"] == f"/batches/?status=staging&key={litter.ref}"


def test_a_default_that_is_private_again_leads_to_all_batches(
    litter: KeyHandle, alice: User, bob: User, as_alice: Client
):
    set_default_view(user=alice, view=saved(bob, is_shared=True))
    SavedView.objects.update(is_shared=False)
    assert as_alice.get("/batches/")["Location"] == f"/batches/?key={litter.ref}"


# What cannot be opened


def test_a_private_view_of_somebody_else_says_whose_it_is(
    litter: KeyHandle, bob: User, as_alice: Client
):
    saved(bob, "Secret plan", STAGING)
    page = as_alice.get(list_address(litter, "view=secret-plan&project=dogs"))

    assert names(page) == {"puppy-1"}
    assertContains(page, "secret-plan")
    assertNotContains(page, "Secret plan")
    assert "is a private view of bob , who can share it" in text_of(page)
    # links go on without it
    assert "view" not in query_of(hrefs_of(page, "tab")[0])


@pytest.mark.parametrize("slug", ["gone", "a%00b", "%3Cscript%3E", "x" * 500, "%EF%BF%BD"])
def test_an_unknown_view_is_told_over_the_list_without_it(
    litter: KeyHandle, as_alice: Client, slug: str
):
    page = as_alice.get(list_address(litter, f"view={slug}"))
    if slug == "a%00b":  # as any filter that has such a character
        assert page.status_code == 400
        assertContains(page, "Null characters are not allowed", status_code=400)
        return
    assert "There is no view" in text_of(page)
    assert len(names(page)) == 4
    assertNotContains(page, "<script>")


def test_a_form_on_a_list_whose_view_is_gone_says_so_too(litter: KeyHandle, as_alice: Client):
    page = as_alice.get(list_address(litter, "view=gone&q=&status=staging"))
    assert "There is no view gone" in text_of(page)
    assert names(page) == {"puppy-1", "puppy-2"}


def test_two_views_at_once_are_refused(litter: KeyHandle, as_alice: Client):
    page = as_alice.get(list_address(litter, "view=a&view=b"))
    assertContains(page, "view is given twice.", status_code=400)


def test_what_no_longer_exists_is_told_and_the_rest_works(
    litter: KeyHandle, alice: User, as_alice: Client
):
    saved(alice, "Old", "status=staging&sort=shoes&columns=due,hats&colour=<b>red")
    page = as_alice.get(list_address(litter, "view=old"))

    assert names(page) == {"puppy-1", "puppy-2"}
    told = (
        "has what no longer exists: order shoes , colour <b>red , column hats . The rest applies."
    )
    assert told in text_of(page)
    assertNotContains(page, "<b>red")


def test_a_search_in_a_view_lists_and_does_not_open_a_batch(
    litter: KeyHandle, alice: User, as_alice: Client, refonte: Sandbox
):
    as_alice.get(list_address(litter))
    saved(alice, "One", "q=kitten-1")

    assert names(as_alice.get(list_address(litter, "view=one"))) == {"kitten-1"}
    assert as_alice.get(list_address(litter, "view=one&q=kitten-2")).status_code == 302


# Other keys, other people


def test_one_link_shows_everybody_the_same(
    litter: KeyHandle, alice: User, bob: User, as_alice: Client, key_for: KeyMaker, browse: Browse
):
    his = key_for(bob)
    saved(alice, "Staging", f"{STAGING}&created=today&tz=Asia/Tokyo", is_shared=True)
    address = "/batches/?view=staging&project=dogs"
    mine, other = as_alice.get(address, follow=True), browse(bob).get(address, follow=True)

    assert names(mine) == names(other) == {"puppy-1"}
    assert f"key={his.ref}" in other.redirect_chain[-1][0]
    assertContains(other, "Days in Asia/Tokyo")


# Polls, files, ways back


def test_a_poll_brings_what_changed(
    litter: KeyHandle,
    alice: User,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    saved(alice, "Staging", STAGING)
    page = as_alice.get(list_address(litter, "view=staging&project=dogs"))
    assert poll_list(as_alice, page).status_code == 204

    clock.shift(60)
    add(refonte, "puppy-9", project="dogs", status="staging", counts={"pending": 1})
    refonte.set_counts("puppy-1", pending=50)
    answer = poll_list(as_alice, page)
    assertContains(answer, "puppy-1")
    assert poll_address(answer) == poll_address(page)


def test_an_open_page_goes_on_with_what_it_shows_whatever_becomes_of_the_view(
    litter: KeyHandle, alice: User, as_alice: Client
):
    view = saved(alice, "Staging", STAGING)
    page = as_alice.get(list_address(litter, "view=staging&project=dogs"))
    update_view(view=view, query="q=nothing", version=view.version)
    assert poll_list(as_alice, page).status_code == 204
    delete_view(user=alice, view=view)
    assert poll_list(as_alice, page).status_code == 204


def test_new_batches_are_shown_by_a_link_to_the_view(
    litter: KeyHandle,
    alice: User,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    saved(alice, "Running", "status=in_progress&project=kittens")
    page = as_alice.get(list_address(litter, "view=running"))
    clock.shift(3_600)
    refonte.add_batch("kitten-3", project="kittens", counts={"pending": 1})
    answer = as_alice.post(
        poll_address(page), poll_fields(page, hidden_fields(page, "row")), headers=POLL
    )
    link = answer.text.partition('id="newer"')[2].partition("href=")[2].split('"')[1]

    shown = as_alice.get(link.replace("&amp;", "&"), follow=True)
    assert shown.redirect_chain[-1][0] == f"/batches/?view=running&key={litter.ref}"
    assert "kitten-3" in names(shown)


def test_an_empty_list_of_a_view_fills_by_its_poll(
    litter: KeyHandle,
    alice: User,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    saved(alice, "Cats", "project=cats")
    page = as_alice.get(list_address(litter, "view=cats"))
    assert names(page) == set()
    clock.shift(60)
    add(refonte, "cat-1", project="cats")
    assertContains(poll_list(as_alice, page), "cat-1")


def test_the_file_has_what_the_view_lists(litter: KeyHandle, alice: User, as_alice: Client):
    saved(alice, "Staging", STAGING)
    page = as_alice.get(list_address(litter, "view=staging&project=dogs"))
    link = page.text.partition("/batches/export/?")[2].split('"')[0].replace("&amp;", "&")

    for query in (link, f"view=staging&project=dogs&key={litter.ref}"):
        file = as_alice.get(f"/batches/export/?{query}").getvalue().decode()
        assert "puppy-1" in file
        assert "puppy-2" not in file


@pytest.mark.parametrize("slug", ["gone", "his", "old"])
def test_a_file_of_a_view_that_does_not_hold_is_not_made(
    litter: KeyHandle, alice: User, bob: User, as_alice: Client, slug: str
):
    saved(bob, "His", STAGING)
    saved(alice, "Old", "sort=shoes")
    answer = as_alice.get(f"/batches/export/?view={slug}&key={litter.ref}")
    assert answer["Location"] == f"/batches/?view={slug}&key={litter.ref}"


@pytest.mark.parametrize(
    "query", ["view=staging", "view=staging&status=&project=dogs", "view=staging&created=&limit=50"]
)
def test_the_way_back_from_a_batch_is_the_view_as_it_was(
    litter: KeyHandle, alice: User, as_alice: Client, query: str
):
    saved(alice, "Staging", STAGING)
    there = f"/batches/?{query}&key={litter.ref}"
    page = as_alice.get(
        f"/batches/puppy-1/?key={litter.ref}", headers={"Referer": f"http://testserver{there}"}
    )
    back = page.text.partition('class="crumb">')[2].partition('href="')[2].split('"')[0]
    assert query_of(back.replace("&amp;", "&")) == query_of(there)


def test_a_way_back_copies_no_slug_that_is_none(litter: KeyHandle, alice: User, as_alice: Client):
    there = f'http://testserver/batches/?view="><b>&status=staging&key={litter.ref}'
    page = as_alice.get(f"/batches/puppy-1/?key={litter.ref}", headers={"Referer": there})
    assertContains(page, f'href="/batches/?status=staging&amp;key={litter.ref}"')


# What it costs


def test_a_view_costs_one_query_and_none_without(
    litter: KeyHandle, alice: User, as_alice: Client, django_assert_max_num_queries: Any
):
    for number in range(20):
        saved(alice, f"View {number}", STAGING)
    set_default_view(user=alice, view=saved(alice, "Staging", STAGING))
    for query, most in (("status=staging", 5), ("view=staging", 6)):
        as_alice.get(list_address(litter, query))
        with django_assert_max_num_queries(most):
            as_alice.get(list_address(litter, query))


def test_a_poll_of_a_view_costs_no_query_more(litter: KeyHandle, alice: User, as_alice: Client):
    saved(alice, "Staging", "status=staging")
    counts = []
    for query in ("status=staging", "view=staging"):
        page = as_alice.get(list_address(litter, query))
        poll_list(as_alice, page)
        with CaptureQueriesContext(connection) as found:
            poll_list(as_alice, page)
        counts.append(len(found))
    assert counts[0] == counts[1] > 0
