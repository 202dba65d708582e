"""The key pages: only one's own keys, and never the key itself."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from redis.exceptions import ConnectionError

from batches.models import ApiKey, FingerprintSecret
from batches.refonte import Secret
from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox
from batches.services.keys import fingerprints
from batches.services.keys.types import KeyHandle, ViewerKey
from tests.support.vendor import KeyMaker

Browse = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
STRANGER = "live_nobody_knows_me"


def fact(page: str, name: str) -> str:
    """What stands beside this name on the page of keys, in words."""
    found = re.search(rf"<dt>{name}</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL)
    assert found
    return " ".join(re.sub("<[^>]*>", "", found[1]).split())


def add(client: Client, **typed: str) -> Any:
    form = {"label": "Production", "mode": "live", "api_key": LIVE_KEY} | typed
    return client.post("/keys/add/", form)


def test_a_viewer_adds_a_key_and_reads_the_result_in_words(
    vera: User, browse: Browse, refonte: Sandbox
) -> None:
    client = browse(vera)

    assertRedirects(add(client), "/keys/", fetch_redirect_response=False)

    page = client.get("/keys/")
    assertContains(page, "“Production” is saved. Refonte accepts this key.")
    assertContains(page, f"··{LIVE_KEY[-4:]}")
    assertContains(page, "Default")
    assertNotContains(page, LIVE_KEY)


def test_a_refused_key_is_not_saved_and_not_written_back(
    as_alice: Client, refonte: Sandbox
) -> None:
    answer = add(as_alice, api_key=STRANGER)

    assertContains(answer, "Refonte refused this key", status_code=422)
    assertContains(answer, 'value="Production"', status_code=422)
    assertNotContains(answer, STRANGER, status_code=422)


def test_a_key_that_cannot_be_checked_now_is_not_saved_and_its_form_says_so(
    as_alice: Client, refonte: Sandbox
) -> None:
    refonte.fault("status", code=503)

    answer = add(as_alice)

    assertContains(answer, "could not be checked", status_code=422)
    assertContains(answer, 'value="Production"', status_code=422)
    assertNotContains(as_alice.get("/keys/"), f"··{LIVE_KEY[-4:]}")


@pytest.mark.parametrize(
    ("api_key", "words"),
    [
        ("", "Enter the API key."),
        ("   ", "Enter the API key."),
        ("with:colon", "without spaces and colons"),
        ("with blank", "without spaces and colons"),
        ("sieben7", "8 to 200 characters"),
        ("x" * 201, "8 to 200 characters"),
        ("schlüssel-1", "ASCII"),
        ("tab\tinside", "without spaces"),
        ("nul\0inside", "Null characters"),
        ("··k3f9", "how a saved key is shown"),
        ("••••••••k3f9", "how a saved key is shown"),
        ("********", "how a saved key is shown"),
    ],
)
def test_what_cannot_be_a_key_is_told_at_its_field_and_never_echoed(
    as_alice: Client, refonte: Sandbox, api_key: str, words: str
) -> None:
    answer = add(as_alice, api_key=api_key)

    assertContains(answer, words, status_code=422)
    assertContains(answer, 'id="id_api_key_error"', status_code=422)
    assert 'name="api_key" autocomplete="off"' in answer.content.decode()
    assert not api_key.strip() or api_key not in answer.content.decode()
    assert refonte.calls == []


@pytest.mark.parametrize("api_key", ["x" * 8, "x" * 200, "!#$%&'()*+,-./;<=>?@[]^_`{|}~\"\\"])
def test_every_key_that_can_be_is_tried(as_alice: Client, refonte: Sandbox, api_key: str) -> None:
    assertContains(add(as_alice, api_key=api_key), "refused this key", status_code=422)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"label": ""}, "Give the key a name."),
        ({"label": "x" * 61}, "at most 60 characters"),
        ({"label": "evil\u202egnp"}, "invisible characters"),
        ({"mode": ""}, "Choose live or test"),
        ({"mode": "prod"}, "not one of the available choices"),
    ],
)
def test_a_wrong_name_or_mode_is_told_at_its_field(
    as_alice: Client, refonte: Sandbox, typed: dict[str, str], words: str
) -> None:
    assertContains(add(as_alice, **typed), words, status_code=422)


def test_extra_fields_change_nothing(
    as_alice: Client, bob: User, alice: User, refonte: Sandbox
) -> None:
    add(as_alice, owner=str(bob.pk), is_shared="on", is_staff="on")

    row = ApiKey.objects.get()
    assert (row.owner, row.is_shared) == (alice, False)


def test_an_empty_post_is_an_invalid_form(as_alice: Client) -> None:
    assert as_alice.post("/keys/add/").status_code == 422


def test_a_name_of_markup_is_text(as_alice: Client, refonte: Sandbox) -> None:
    add(as_alice, label="<script>alert(1)</script>")

    page = as_alice.get("/keys/")
    assertContains(page, "&lt;script&gt;alert")
    assertNotContains(page, "<script>alert")


def test_a_check_tells_its_result(as_alice: Client, key: KeyHandle, refonte: Sandbox) -> None:
    assertContains(
        as_alice.post(f"/keys/{key.id}/check/", follow=True), "Refonte accepts this key."
    )


def test_a_refused_key_says_since_when_and_why(as_alice: Client, key: KeyHandle) -> None:
    at = "2026-11-23T14:02:00Z"
    ApiKey.objects.filter(id=key.id).update(is_refused=True, refused_at=at, refusal="Revoked <b>")

    page = as_alice.get("/keys/")

    assertContains(page, "23 Nov 2026, 14:02")
    assertContains(page, "Revoked &lt;b&gt;")


def test_a_row_that_does_not_open_asks_for_its_key(as_alice: Client, key: KeyHandle) -> None:
    ApiKey.objects.update(sealed="broken", sealed_with="gone")

    assertContains(as_alice.get("/keys/"), "Enter this key again")


def test_checking_a_copied_row_answers_in_words(as_alice: Client, key: KeyHandle) -> None:
    ApiKey.objects.update(sealed="copied from elsewhere")

    answer = as_alice.post(f"/keys/{key.id}/check/", follow=True)

    assertContains(answer, f"“{key.label}”: This key can no longer be read")


def test_without_the_secret_behind_fingerprints_no_key_is_added_and_that_is_said(
    as_alice: Client, key: KeyHandle
) -> None:
    FingerprintSecret.objects.update(sealed="broken")
    fingerprints.forget()

    assertContains(add(as_alice), "An encryption key of this console is missing")
    assert ApiKey.objects.get().id == key.id


def test_another_key_becomes_the_default(
    as_alice: Client, alice: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    other = key_for(alice, mode="test")

    answer = as_alice.post(f"/keys/{other.id}/default/", follow=True)

    assertContains(answer, "is now your default key")
    assert ApiKey.objects.get(is_default=True).id == other.id


@pytest.mark.parametrize("name", ["replace", "share", "delete"])
def test_a_dialog_is_a_page_too(as_alice: Client, key: KeyHandle, name: str) -> None:
    page = as_alice.get(f"/keys/{key.id}/{name}/")
    piece = as_alice.get(f"/keys/{key.id}/{name}/", headers=HTMX)

    assertContains(page, '<h1 class="sheet-title">')
    assertContains(piece, 'id="dialog-title"')
    assertNotContains(piece, "<html")
    assertContains(piece, key.label)


def test_replacing_goes_on_under_the_old_name(
    as_alice: Client, key: KeyHandle, refonte: Sandbox
) -> None:
    answer = as_alice.post(f"/keys/{key.id}/replace/", {"api_key": TEST_KEY}, headers=HTMX)

    assert answer["HX-Redirect"] == "/keys/"
    assertContains(as_alice.get("/keys/"), f"··{TEST_KEY[-4:]}")


def test_a_refused_successor_keeps_the_dialog_open_and_the_old_key(
    as_alice: Client, key: KeyHandle, refonte: Sandbox
) -> None:
    answer = as_alice.post(f"/keys/{key.id}/replace/", {"api_key": STRANGER}, headers=HTMX)

    assertContains(answer, "Nothing was replaced", status_code=422)
    assertNotContains(answer, STRANGER, status_code=422)
    assert ApiKey.objects.get().fingerprint == key.fingerprint


def test_sharing_is_said_in_words_and_taken_back(
    as_alice: Client, key: ViewerKey, vera: User, browse: Browse
) -> None:
    assertContains(
        as_alice.post(f"/keys/{key.id}/share/", {"shared": "on"}, follow=True),
        "is now shared for reading",
    )
    page = browse(vera).get("/keys/")
    assertContains(page, "Shared with you for reading")
    assertContains(page, "alice")
    assertNotContains(page, key.last_four)

    assertContains(as_alice.get(f"/keys/{key.id}/share/"), "Stop sharing")
    assertContains(as_alice.post(f"/keys/{key.id}/share/", follow=True), "is no longer shared")
    assertNotContains(browse(vera).get("/keys/"), key.label)


def test_deleting_asks_and_then_names_the_next_default(
    as_alice: Client, alice: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    ApiKey.objects.update(is_default=True)
    heir = key_for(alice, api_key="another-live-key")

    assertContains(as_alice.get(f"/keys/{key.id}/delete/"), "revoke it there")
    answer = as_alice.post(f"/keys/{key.id}/delete/", follow=True)

    assertContains(answer, f"“{heir.label}” is now your default key.")
    assert not ApiKey.objects.filter(id=key.id).exists()


@pytest.mark.parametrize("name", ["check", "default", "replace", "share", "delete"])
def test_another_users_key_is_as_unknown_as_any(
    as_alice: Client, bob: User, key_for: KeyMaker, name: str
) -> None:
    theirs = key_for(bob, is_shared=True)
    before = ApiKey.objects.values().get()

    for key_id in (theirs.id, uuid4()):
        answer = as_alice.post(f"/keys/{key_id}/{name}/", {"api_key": STRANGER, "shared": ""})
        assert answer.status_code == 404
    assert ApiKey.objects.values().get() == before


@pytest.mark.parametrize("name", ["check", "default"])
def test_what_changes_something_does_not_by_a_get(
    as_alice: Client, key: KeyHandle, name: str
) -> None:
    assert as_alice.get(f"/keys/{key.id}/{name}/").status_code == 405


def test_an_account_in_no_group_has_no_keys_page(charlie: User, browse: Browse) -> None:
    assertContains(browse(charlie).get("/keys/"), "no role yet", status_code=403)


def test_a_form_from_elsewhere_is_refused(alice: User, key: KeyHandle) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    assert client.post(f"/keys/{key.id}/delete/").status_code == 403
    assert ApiKey.objects.exists()


def test_no_log_line_holds_what_was_typed(
    as_alice: Client, refonte: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    add(as_alice)
    add(as_alice, api_key=STRANGER, label="Other")
    add(as_alice, api_key=f"{STRANGER} with blank", label="Other")

    lines = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert Secret(LIVE_KEY).hide_in(lines) == lines
    assert Secret(STRANGER).hide_in(lines) == lines


def test_a_key_with_a_typo_has_the_focus_on_the_page_drawn_again(as_alice: Client) -> None:
    page = as_alice.post("/keys/add/", {"label": "New", "mode": "live", "api_key": "a:b"})

    assert page.status_code == 422
    field = page.content.decode().split('name="api_key"')[1].split(">")[0]
    assert "autofocus" in field


def test_who_has_had_thirty_keys_tried_waits_a_minute_and_keeps_what_was_typed(
    as_alice: Client, key: KeyHandle, vera: User, browse: Browse, refonte: Sandbox
) -> None:
    soon = timezone.now() + timedelta(minutes=1)  # a session from the future would end
    with time_machine.travel(soon.replace(second=10), tick=False) as clock:
        for _ in range(30):
            assertRedirects(as_alice.post(f"/keys/{key.id}/check/"), "/keys/")
        refonte.forget_calls()
        added = add(as_alice, api_key=STRANGER)
        checked = as_alice.post(f"/keys/{key.id}/check/")
        new = {"api_key": STRANGER}
        replaced = as_alice.post(f"/keys/{key.id}/replace/", new, headers=HTMX)
        for refused in (added, checked, replaced):
            assert (refused.status_code, refused["Retry-After"]) == (429, "50")
            assertContains(refused, "Refonte was not asked now", status_code=429)
            assertNotContains(refused, STRANGER, status_code=429)
        assertContains(added, 'value="Production"', status_code=429)
        assert replaced["HX-Retarget"] == "closest .sheet"
        assert not refonte.calls
        assert add(browse(vera)).status_code == 302
        clock.shift(50)
        assert add(as_alice, label="Other", mode="test", api_key=TEST_KEY).status_code == 302


def test_without_the_cache_keys_are_tried_all_the_same(
    as_alice: Client, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: object, **options: object) -> None:
        raise ConnectionError("no Redis")

    monkeypatch.setattr(caches["default"], "add", gone)

    assert add(as_alice).status_code == 302


@pytest.mark.parametrize(("ticked", "is_on"), [({"keep_watch": "on"}, True), ({}, False)])
def test_a_key_is_watched_where_its_owner_left_the_tick(
    ticked: dict[str, str], is_on: bool, as_alice: Client, refonte: Sandbox
) -> None:
    form = as_alice.get("/keys/")
    assert "checked" in form.content.decode().split('name="keep_watch"')[1].split(">")[0]
    assertContains(form, "reads the lists of batches with the key in the background")

    add(as_alice, **ticked)

    assert ApiKey.objects.get().keep_watch is is_on


def test_a_form_that_is_drawn_again_keeps_the_tick_as_it_was(
    as_alice: Client, refonte: Sandbox
) -> None:
    answer = add(as_alice, label="")

    assert "checked" not in answer.content.decode().split('name="keep_watch"')[1].split(">")[0]


def test_an_owner_turns_watch_on_and_off_on_the_page_of_keys(
    as_alice: Client, alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    assert fact(as_alice.get("/keys/").text, "Watch in the background") == "Off"

    as_alice.post(f"/keys/{key.id}/watch/", {"keep_watch": "on"})
    page = as_alice.get("/keys/")
    assertContains(page, "is now read in the background")
    assert fact(page.text, "Watch in the background") == "On"
    assertContains(page, "Stop watching")

    as_alice.post(f"/keys/{key.id}/watch/")
    assert not ApiKey.objects.get().keep_watch


def test_what_the_background_read_stands_apart_from_people_s_use(
    as_alice: Client, alice: User, key_for: KeyMaker
) -> None:
    key_for(alice, keep_watch=True)
    ApiKey.objects.update(last_background_at="2026-11-23T12:00Z")

    page = as_alice.get("/keys/").text

    assert fact(page, "Watch in the background").startswith("On, last read 23 Nov 2026")
    assert fact(page, "Last used") == "never"
