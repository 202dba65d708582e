"""The search over everything: its sections, who sees what, and what it costs."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import AlarmKind, ApiKey
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.batch_lists import first_page
from tests.support.known import alarmed, estimated
from tests.support.pages import HOSTILE, Browse, add, text_of
from tests.support.palettes import ask, lines, words
from tests.support.saved_views import saved
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def litter(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    add(refonte, "lidar-a", "lidar-b", "dogs-c", project="lidar_streets")
    add(refonte, "waiting", status="staging", counts={"pending": 12, "completed": 0})
    first_page(key)
    refonte.forget_calls()
    return key


def test_what_is_typed_finds_batches_projects_and_pages(
    as_alice: Client, litter: KeyHandle, refonte: Sandbox
):
    alarmed(litter, "lidar-b", AlarmKind.STALLED)
    estimated(litter, "lidar-a", hours=(1, 2))
    answer = ask(as_alice, litter, "lidar")
    assert lines(answer, "batches") == [
        ("lidar-b", f"/batches/lidar-b/?key={litter.ref}"),
        ("lidar-a", f"/batches/lidar-a/?key={litter.ref}"),
    ]
    assert lines(answer, "projects") == [
        ("lidar_streets", f"/projects/lidar_streets/?key={litter.ref}")
    ]
    text = text_of(answer)
    assert "stalled since 12:00" in text
    assert "today 13:00 – 14:00 75 %" in text
    assert "3 open" in text
    assert "names seen here with this key" in text
    assert ask(as_alice, litter, "prefer").content.count(b'role="option"') == 2  # and Refonte
    assert not refonte.calls


def test_the_part_that_matches_is_marked(as_alice: Client, litter: KeyHandle):
    body = ask(as_alice, litter, "LIDAR").content.decode()
    assert '<bdi translate="no"><mark>lidar</mark>-a</bdi>' in body


def test_one_in_staging_says_how_many_tasks_wait(as_alice: Client, litter: KeyHandle):
    assert "waiting , Staging 12 tasks" in text_of(ask(as_alice, litter, "waiting"))


def test_a_name_nobody_saw_goes_to_refonte_on_enter_alone(
    as_alice: Client, litter: KeyHandle, refonte: Sandbox
):
    answer = ask(as_alice, litter, "kit 7&x")
    assert lines(answer, "ask") == [
        ("Ask Refonte for “kit 7&x”", f"/batches/?q=kit+7%26x&key={litter.ref}")
    ]
    assert "No name seen here. Enter asks Refonte for exactly this one." in text_of(answer)
    assert not refonte.calls


def test_a_part_of_a_name_may_be_a_whole_one_at_refonte(as_alice: Client, litter: KeyHandle):
    answer = ask(as_alice, litter, "lidar-")
    assert words(answer, "ask") == ["Ask Refonte for “lidar-”"]
    assert "No name seen here" not in text_of(answer)
    assert words(ask(as_alice, litter, "lidar-a"), "ask") == []


def test_more_than_are_shown_lead_to_the_list(as_alice: Client, key: KeyHandle, refonte: Sandbox):
    add(refonte, *(f"lidar-{number}" for number in range(9)))
    first_page(key)
    answer = ask(as_alice, key, "lidar")
    assert lines(answer, "batches")[-1] == ("3 more…", f"/batches/?q=lidar&key={key.ref}")
    assert words(answer, "ask") == []


def test_with_nothing_typed_what_was_opened_lately_is_first(
    as_alice: Client, litter: KeyHandle, refonte: Sandbox
):
    for path in ("batches/dogs-c", "batches/lidar-b", "projects/lidar_streets", "batches/dogs-c"):
        assert as_alice.get(f"/{path}/?key={litter.ref}").status_code == 200
    as_alice.get(f"/batches/dogs-c/?key={litter.ref}")
    as_alice.get(f"/batches/never/?key={litter.ref}")
    answer = ask(as_alice, litter)
    assert words(answer, "batches") == ["dogs-c", "lidar-b"]
    assert words(answer, "projects") == ["lidar_streets"]
    assert "Recent" in text_of(answer)
    at_one = ask(as_alice, litter, at="/batches/dogs-c/")
    assert words(at_one, "batches") == ["lidar-b"]
    assert words(ask(as_alice, litter, "lidar"), "batches") == ["lidar-b", "lidar-a"]


def test_what_was_opened_is_of_one_person_one_key_and_one_session(
    as_alice: Client, alice: User, litter: KeyHandle, key_for: KeyMaker, browse: Browse
):
    as_alice.get(f"/batches/dogs-c/?key={litter.ref}")
    test = key_for(alice, mode="test")
    assert words(ask(as_alice, test), "batches") == []
    assert words(ask(browse(alice), litter), "batches") == []
    as_alice.post("/accounts/logout/")
    as_alice.force_login(alice)
    assert words(ask(as_alice, litter), "batches") == []


def test_views_are_found_and_those_of_others_say_whose_they_are(
    as_alice: Client, alice: User, bob: User, litter: KeyHandle
):
    shared, own = saved(bob, "Lidar nights", is_shared=True), saved(alice, "My lidar")
    answer = ask(as_alice, litter, "lidar")
    assert lines(answer, "views") == [
        ("My lidar", f"/batches/?view={own.slug}&key={litter.ref}"),
        ("Lidar nights", f"/batches/?view={shared.slug}&key={litter.ref}"),
    ]
    assert "shared by bob" in text_of(answer)
    as_alice.get(f"/batches/?view={shared.slug}&key={litter.ref}")
    assert words(ask(as_alice, litter), "views") == ["Lidar nights", "My lidar"]


def test_on_a_batchs_page_it_offers_what_can_be_done_with_it(as_alice: Client, litter: KeyHandle):
    answer = ask(as_alice, litter, at="/batches/waiting/")
    ref = litter.ref
    assert lines(answer, "here") == [
        ("Finalize…", f"/batches/waiting/finalize/?key={ref}"),
        ("Set priority…", f"/batches/waiting/prioritize/?key={ref}"),
        ("Due date, owner, note…", f"/batches/waiting/note/?key={ref}"),
        ("Create another like this", f"/batches/new/?like=waiting&key={ref}"),
        ("Follow…", f"/follows/edit/?batch=waiting&project=kittens&key={ref}"),
        ("Copy link", f"http://testserver/batches/waiting/?key={ref}"),
    ]
    assert "Finalize…" not in words(ask(as_alice, litter, at="/batches/dogs-c/"), "here")
    # those that were typed, or all of them where none was
    assert words(ask(as_alice, litter, "prio", at="/batches/waiting/"), "here") == ["Set priority…"]
    assert len(words(ask(as_alice, litter, "lidar", at="/batches/waiting/"), "here")) == 6


@pytest.mark.parametrize(
    "at", ["", "/", "nowhere", "/batches/", "/batches/gone/", "\0", "/" * 5000]
)
def test_elsewhere_it_offers_nothing_of_the_kind(as_alice: Client, litter: KeyHandle, at: str):
    answer = ask(as_alice, litter, at=at)
    assert answer.status_code == 200
    assert words(answer, "here") == []


def test_the_page_of_a_batch_says_where_it_was_opened(as_alice: Client, litter: KeyHandle):
    page = as_alice.get(f"/batches/dogs-c/?key={litter.ref}").content.decode()
    assert 'name="at" value="/batches/dogs-c/"' in page
    assert f'href="/go/?key={litter.ref}&amp;at=%2Fbatches%2Fdogs-c%2F"' in page
    other = as_alice.get(f"/batches/?key={litter.ref}").content.decode()
    assert f'href="/go/?key={litter.ref}"' in other


def test_a_viewer_is_offered_no_write(
    browse: Browse, vera: User, alice: User, key_for: KeyMaker, refonte: Sandbox
):
    key = key_for(alice, is_shared=True)
    add(refonte, "waiting", status="staging", counts={"pending": 12, "completed": 0})
    first_page(key)
    as_vera = browse(vera)
    assert words(ask(as_vera, key, at="/batches/waiting/"), "here") == ["Follow…", "Copy link"]
    assert "New batch" not in words(ask(as_vera, key), "pages")


def test_only_an_admin_is_led_to_accounts(
    as_alice: Client, litter: KeyHandle, ada: User, browse: Browse, key_for: KeyMaker
):
    assert "Accounts and roles" not in words(ask(as_alice, litter), "pages")
    assert "Accounts and roles" in words(ask(browse(ada), key_for(ada)), "pages")


def test_pages_are_found_by_what_people_call_them(as_alice: Client, litter: KeyHandle):
    for typed, page in (
        ("stuck", "Needs attention"),
        ("theme", "Preferences"),
        ("who", "Operations"),
    ):
        assert words(ask(as_alice, litter, typed), "pages") == [page]


def test_every_page_it_names_opens(as_alice: Client, litter: KeyHandle, refonte: Sandbox):
    found = lines(ask(as_alice, litter), "pages")
    assert len(found) > 9
    for name, url in found:
        assert as_alice.get(url).status_code == 200, name


def test_of_a_refused_key_pages_alone_are_offered(as_alice: Client, litter: KeyHandle):
    as_alice.get(f"/batches/dogs-c/?key={litter.ref}")
    as_alice.get(f"/projects/lidar_streets/?key={litter.ref}")
    ApiKey.objects.update(is_refused=True)
    for q in ("", "lidar"):
        answer = ask(as_alice, litter, q, at="/batches/waiting/")
        assert "Refonte refuses this key" in text_of(answer)
        found = [words(answer, one) for one in ("batches", "projects", "here", "ask")]
        assert found == [[], [], [], []]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text(as_alice: Client, key: KeyHandle, refonte: Sandbox, name: str):
    add(refonte, name, project=name)
    first_page(key)
    for answer in (ask(as_alice, key, name), ask(as_alice, key, name[:3])):
        body = answer.content.decode()
        assert unescape(re.sub(r"<[^>]*>", "", body)).count(name) > 0
        assert "<script>alert" not in body
        assert '" hx-get="/x' not in body
        assert "</title><b>" not in body


@pytest.mark.parametrize("q", ["\0", "x" * 2000, "\ud800", " "])
def test_what_cannot_be_a_name_finds_nothing(as_alice: Client, litter: KeyHandle, q: str):
    answer = ask(as_alice, litter, q.encode(errors="surrogatepass").decode(errors="replace"))
    assert answer.status_code == 200
    assert words(answer, "batches") == []


def test_each_letter_costs_few_queries_and_no_call(
    as_alice: Client,
    litter: KeyHandle,
    refonte: Sandbox,
    django_assert_max_num_queries: Callable[[int], Any],
):
    ask(as_alice, litter, "l")
    # account and keys, then names, what is known of them, and the views of the person
    with django_assert_max_num_queries(5):
        ask(as_alice, litter, "lidar", at="/batches/waiting/")
    assert not refonte.calls


def test_without_a_script_it_is_a_page(as_alice: Client, litter: KeyHandle):
    page = as_alice.get("/go/", {"key": litter.ref, "q": "lidar", "at": "/batches/waiting/"})
    assert words(page, "batches") == ["lidar-a", "lidar-b"]
    body = page.content.decode().partition("<main")[2].partition("</main")[0]
    assert 'role="option"' not in body
    assert 'role="listbox"' not in body
    assert '<input type="hidden" name="at" value="/batches/waiting/">' in body
    assert f'<input type="hidden" name="key" value="{litter.ref}">' in body
    assert "Searched: names seen here with this key" in text_of(page)


def test_who_has_no_key_is_offered_no_search(browse: Browse, vera: User):
    page = browse(vera).get("/preferences/").content.decode()
    assert "data-palette" not in page
    assert 'id="palette"' not in page
