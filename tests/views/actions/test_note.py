"""Due date, owner and note from the page of a batch: who may, what is said, what is shown then."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import ApiKey, BatchNote, Operation
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.pages import Browse, add, text_of

pytestmark = pytest.mark.usefixtures("clock")
HTMX = {"HX-Request": "true"}
DUE = "2026-11-27T20:00"


@pytest.fixture
def address(key: KeyHandle, refonte: Sandbox) -> str:
    add(refonte, "kitten-07")
    return f"/batches/kitten-07/note/?key={key.ref}"


def fields(key: KeyHandle, **more: Any) -> dict[str, Any]:
    known = {"key": key.ref, "form_id": str(uuid4()), "tz": "Europe/Berlin"}
    return known | {"due": DUE, "owner": "", "text": ""} | more


def test_the_form_says_that_refonte_does_not_know_these(address: str, as_alice: Client):
    for headers in ({}, HTMX):
        page = as_alice.get(address, headers=headers)
        assert "Refonte does not know these" in text_of(page)
        assert "Day and time in UTC." in text_of(page)
    assert len(page.content) < 10_000  # a dialog's piece, no page


def test_a_due_date_is_saved_without_a_call_and_shown_everywhere(
    address: str, key: KeyHandle, as_alice: Client, refonte: Sandbox, vera: User
):
    saved = as_alice.post(address, fields(key, owner=vera.pk, text="for the fair"))

    assert saved["Location"] == f"/batches/kitten-07/?key={key.ref}"
    assert refonte.calls == []
    text = text_of(as_alice.get(saved["Location"]))
    assert "Saved in this console. Refonte does not know these." in text
    assert "Due Fri 19:00 in 4 d" in text
    assert "Due 27 Nov 2026, 19:00 · Change Owner vera Note for the fair" in text
    assert "alice set the due date Fri 19:00, set the owner vera and wrote the note · done" in text
    listed = text_of(as_alice.get("/operations/?verb=note"))
    assert "Due date Fri 19:00, owner vera, note" in listed
    operation = text_of(as_alice.get(f"/operations/{Operation.objects.get().id}/"))
    assert "Due date Fri 27 Nov 2026, 19:00 (before: none)" in operation
    assert "Outcome known" not in operation


def test_with_htmx_the_dialog_closes_and_the_page_is_told(
    address: str, key: KeyHandle, as_alice: Client
):
    saved = as_alice.post(address, fields(key, due="2026-11-01T20:00"), headers=HTMX)
    assert "dialog-done" in saved["HX-Trigger"]
    assert "batch-changed" in saved["HX-Trigger"]
    assert "The due date has passed already." in text_of(saved)


def test_a_wrong_time_is_told_at_its_field_and_nothing_is_lost(
    address: str, key: KeyHandle, as_alice: Client
):
    for headers in ({}, HTMX):
        answer = as_alice.post(address, fields(key, due="soon", text="kept"), headers=headers)
        assert answer.status_code == 422
        assert 'id="id_due_error"' in answer.text
        assert 'value="soon"' in answer.text
        assert "kept" in answer.text
    assert not BatchNote.objects.exists()


def test_the_same_form_again_leads_to_its_operation(address: str, key: KeyHandle, as_alice: Client):
    data = fields(key)
    as_alice.post(address, data)
    again = as_alice.post(address, data)
    assert again["Location"].startswith(f"/operations/{Operation.objects.get().id}/")


def test_what_is_noted_already_is_not_saved_again(address: str, key: KeyHandle, as_alice: Client):
    as_alice.post(address, fields(key))
    again = as_alice.post(address, fields(key))
    assert again.status_code == 422
    assert "Nothing to save" in again.text
    assert Operation.objects.count() == 1


def test_who_may_only_read_sets_no_due_date_and_is_offered_none(
    address: str, key: KeyHandle, as_alice: Client, browse: Browse, vera: User, bob: User
):
    as_alice.post(address, fields(key))
    ApiKey.objects.update(is_shared=True)
    for person in (vera, bob):  # bob operates, but the key is Alice's
        client = browse(person)
        assert client.get(address).status_code == 403
        assert client.post(address, fields(key, due="")).status_code == 403
        page = client.get(f"/batches/kitten-07/?key={key.ref}")
        assert "Due Fri 19:00" in text_of(page)
        assert "/note/" not in page.text
    assert BatchNote.objects.get().due_at


def test_no_due_date_is_no_answer_at_the_head(address: str, as_alice: Client):
    page = as_alice.get(address.replace("note/", ""))
    assert "Due none · Set" in text_of(page)
    assert "<dt>Due</dt>" not in page.text.split("burnup")[1].split("<aside")[0]
    assert "Refonte does not know these" not in text_of(page)


def test_the_form_is_filled_from_its_address_after_a_sign_in(address: str, as_alice: Client):
    page = as_alice.get(f"{address}&due=2026-12-01T08:30&text=typed&tz=Asia/Tokyo")
    assert 'value="2026-12-01T08:30"' in page.text
    assert "Day and time in Asia/Tokyo." in text_of(page)
