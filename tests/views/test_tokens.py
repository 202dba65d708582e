"""The page of tokens: one is shown once, and nowhere else."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from batches.models import ApiKey, PersonalToken
from batches.personal_tokens import TOKEN
from batches.services.keys.types import KeyHandle
from batches.services.people import tokens
from tests.support.api import Program, token_of
from tests.support.vendor import KeyMaker

Browse = Callable[[User], Client]


def create(client: Client, **typed: Any) -> Any:
    fields = {"form_id": str(uuid4()), "label": "Sheet", "scope": "batches", "days": "90"}
    return client.post("/tokens/add/", fields | typed)


def shown_in(page: Any) -> str:
    found = TOKEN.search(page.text)
    assert found
    return found[0]


def test_a_new_token_is_shown_once_and_works(as_alice: Client, key: KeyHandle):
    page = create(as_alice)
    text = shown_in(page)
    assertContains(page, "it is shown only once")
    assert page["Cache-Control"] == "no-store, private"
    assert Program(text).get("batches/").status_code == 200
    again = as_alice.get("/tokens/")
    assertContains(again, text[:11])
    assertNotContains(again, text)
    sessions = repr([one.get_decoded() for one in Session.objects.all()])
    assert text not in sessions


def test_a_form_that_is_sent_twice_shows_no_second_token(as_alice: Client):
    form_id = str(uuid4())
    create(as_alice, form_id=form_id)
    again = create(as_alice, form_id=form_id)
    assert again.status_code == 422
    assertContains(again, "was made already", status_code=422)
    assert not TOKEN.search(again.text)


def test_what_was_chosen_is_what_the_token_reads(
    as_alice: Client, key: KeyHandle, bob: User, key_for: KeyMaker
):
    his = key_for(bob, mode="test", is_shared=True)
    page = as_alice.get("/tokens/")
    assertContains(page, f'<option value="{his.ref}">')
    create(as_alice, reads_with=his.ref, scope="all", days="7")
    row = PersonalToken.objects.get()
    assert (row.key_ref, row.scope, (row.expires_at - row.created_at).days) == (his.ref, "all", 7)
    listed = as_alice.get("/tokens/")
    assertContains(listed, "batches, operations")
    assertContains(listed, his.label)
    ApiKey.objects.filter(id=his.id).update(is_shared=False)
    # she reads with it no more: its name is not hers to see
    assertNotContains(as_alice.get("/tokens/"), his.label)
    assertContains(as_alice.get("/tokens/"), his.ref)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"label": ""}, "Give the token a name."),
        ({"label": "a\u200bb"}, "invisible characters"),
        ({"label": "a" * 61}, "at most 60 characters"),
        ({"scope": ""}, "Choose what it reads."),
        ({"scope": "everything"}, "is not one of the available choices"),
        ({"days": "9999"}, "is not one of the available choices"),
        ({"days": ""}, "This field is required."),
        ({"reads_with": "live-00000000"}, "is not one of the available choices"),
        ({"form_id": ""}, "Part of this form was missing."),
        ({"label": ["a", "b"]}, "more than once"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(as_alice: Client, typed: Any, words: str):
    page = create(as_alice, **typed)
    assertContains(page, words, status_code=422)
    assert not PersonalToken.objects.exists()
    if "label" not in typed:
        assertContains(page, 'value="Sheet"', status_code=422)


def test_more_than_twenty_are_refused_in_words(as_alice: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokens, "TOKENS_AT_MOST", 0)
    assertContains(create(as_alice), "which is the limit. Revoke one first.", status_code=422)


def test_revoking_asks_first_and_then_ends_it(as_alice: Client, alice: User, key: KeyHandle):
    text = token_of(alice)
    row = PersonalToken.objects.get()
    address = f"/tokens/{row.id}/revoke/"
    assertContains(as_alice.get(address), "Revoke the token")
    sheet = as_alice.get(address, headers={"HX-Request": "true"})
    assert "<html" not in sheet.text
    assert Program(text).get("batches/").status_code == 200
    assertRedirects(as_alice.post(address), "/tokens/", fetch_redirect_response=False)
    assert Program(text).get("batches/").status_code == 401
    page = as_alice.get("/tokens/")
    assertContains(page, "is revoked: it does not work any more.")
    assertContains(page, "Revoked and expired")
    by_htmx = as_alice.post(address, headers={"HX-Request": "true"})
    assert by_htmx["HX-Redirect"] == "/tokens/"


def test_nobody_sees_or_revokes_anothers_token(alice: User, bob: User, ada: User, browse: Browse):
    token_of(alice, label="Secret sheet")
    row = PersonalToken.objects.get()
    for user in (bob, ada):
        client = browse(user)
        assertNotContains(client.get("/tokens/"), "Secret sheet")
        assert client.get(f"/tokens/{row.id}/revoke/").status_code == 404
        assert client.post(f"/tokens/{row.id}/revoke/").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_the_menu_of_a_person_leads_there(as_alice: Client, browse: Browse, charlie: User):
    assertContains(as_alice.get("/preferences/"), 'href="/tokens/"')
    assertNotContains(browse(charlie).get("/preferences/"), 'href="/tokens/"')


def test_a_label_is_text(as_alice: Client):
    page = create(as_alice, label="<b>&{{7*7}}")
    assertContains(page, "&lt;b&gt;&amp;{{7*7}}")


def test_deleting_a_key_stops_the_tokens_for_it(as_alice: Client, key: KeyHandle):
    text = shown_in(create(as_alice, reads_with=key.ref))
    assert Program(text).get("batches/").status_code == 200
    ApiKey.objects.all().delete()
    assert Program(text).get("batches/").status_code == 404
