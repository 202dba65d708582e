"""Following, due date and owner of all that are selected: at once, in words, with an undo."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import ApiKey, BatchNote, Follow, Operation, Selection
from batches.services.keys.types import KeyHandle
from batches.services.notices import follows
from tests.support.clock import NOON
from tests.support.known import noted
from tests.support.pages import hidden_fields, text_of
from tests.support.selections import selected, selection_address

pytestmark = pytest.mark.usefixtures("clock", "refonte")
HTMX = {"HX-Request": "true"}
DUE = "2026-11-27T20:00"
NAMES = ("kitten-1", "kitten-2")


@pytest.fixture
def selection(alice: User, key: KeyHandle) -> None:
    selected(alice, key, *NAMES)


def fields(key: KeyHandle, **more: Any) -> dict[str, Any]:
    return {"key": key.ref, "form_id": str(uuid4()), "tz": "UTC"} | more


def due_dates() -> list[str]:
    return [f"{row.name} {row.due_at:%d %H}" if row.due_at else row.name for row in all_notes()]


def all_notes() -> list[BatchNote]:
    return list(BatchNote.objects.order_by("name"))


@pytest.mark.usefixtures("selection")
def test_the_form_says_for_how_many(key: KeyHandle, as_alice: Client):
    for headers in ({}, HTMX):
        page = as_alice.get(selection_address(key, "note"), headers=headers)
        assert "Due date and owner of 2 batches in Live" in text_of(page)
        assert "Left empty, due dates stay as they are." in text_of(page)
    assert len(page.content) < 10_000  # a dialog's piece, no page
    filled = as_alice.get(selection_address(key, "note", f"due={DUE}"))
    assert f'value="{DUE}"' in filled.content.decode()


@pytest.mark.usefixtures("selection")
def test_due_dates_are_set_and_set_back(alice: User, vera: User, key: KeyHandle, as_alice: Client):
    noted(key, "kitten-2", due_at=NOON + timedelta(days=1), owner=vera)
    address = selection_address(key, "note")
    saved = as_alice.post(address, fields(key, due=DUE), headers=HTMX)
    assert saved.status_code == 200
    assert all(event in saved["HX-Trigger"] for event in ("dialog-done", "batch-changed"))
    assert "Due date of 2 batches set. Undo" in text_of(saved)
    assert due_dates() == ["kitten-1 27 20", "kitten-2 27 20"]
    assert Operation.objects.count() == 2

    undo = {name: hidden_fields(saved, name)[0] for name in ("of", "form_id", "key")}
    back = as_alice.post("/selections/undo/", undo, headers=HTMX)
    assert "Set back for 2 batches." in text_of(back)
    assert due_dates() == ["kitten-1", "kitten-2 24 12"]
    again = as_alice.post("/selections/undo/", undo, headers=HTMX)
    assert "sent before" in text_of(again)


@pytest.mark.usefixtures("selection")
def test_what_was_changed_since_is_said_and_stays(key: KeyHandle, as_alice: Client):
    address, sent = selection_address(key, "note"), fields(key, due=DUE)
    page = as_alice.post(address, sent, follow=True)
    assert page.redirect_chain
    assert "Due date of 2 batches set. Undo" in text_of(page)
    BatchNote.objects.filter(name="kitten-1").update(due_at=NOON)
    undo = fields(key, of=sent["form_id"])
    back = as_alice.post("/selections/undo/", undo, follow=True)
    assert "Set back for 1 batch. 1 changed since" in text_of(back)
    assert due_dates() == ["kitten-1 23 12", "kitten-2"]


@pytest.mark.usefixtures("selection")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"owner": "VERA"}, "Owner of 2 batches set."),
        ({"owner": "VERA", "due": DUE}, "Due date and owner of 2 batches set."),
        ({"owner": "nobody"}, "Owner of 1 batch removed. 1 had it already."),
        ({"no_due": "on"}, "Due date of 1 batch removed. 1 had it already."),
        ({"due": "2026-11-01T20:00"}, "The due date has passed already."),
    ],
)
def test_it_is_said_what_was_set(
    vera: User, key: KeyHandle, as_alice: Client, typed: dict[str, str], words: str
):
    noted(key, "kitten-2", due_at=NOON, owner=vera)
    if typed.get("owner") == "VERA":
        BatchNote.objects.update(owner=None)
    typed = {name: str(vera.pk) if value == "VERA" else value for name, value in typed.items()}
    saved = as_alice.post(selection_address(key, "note"), fields(key, **typed), headers=HTMX)
    assert words in text_of(saved)


@pytest.mark.usefixtures("selection")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Nothing to set"),
        ({"due": DUE, "no_due": "on"}, "not both"),
        ({"due": "soon"}, "Enter a day and a time"),
        ({"owner": "0"}, "Choose a person of the list."),
        ({"no_due": "on"}, "this is what is noted of all of them already"),
        ({"due": DUE, "form_id": ""}, "Part of this form was missing"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    key: KeyHandle, as_alice: Client, typed: dict[str, str], words: str
):
    answer = as_alice.post(selection_address(key, "note"), fields(key) | typed, headers=HTMX)
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "closest .sheet"
    assert words in text_of(answer)
    assert not BatchNote.objects.exists()


@pytest.mark.usefixtures("selection")
def test_a_form_sent_twice_is_done_once(key: KeyHandle, as_alice: Client):
    sent = fields(key, due=DUE)
    for words in ("Due date of 2 batches set.", "This form was sent before."):
        answer = as_alice.post(selection_address(key, "note"), sent, headers=HTMX)
        assert words in text_of(answer)
    assert Operation.objects.count() == 2


@pytest.mark.usefixtures("selection")
def test_past_the_limit_of_a_minute_it_waits(
    key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("batches.services.operations.record.WRITES_A_MINUTE", 1)
    first = fields(key, due=DUE)
    as_alice.post(selection_address(key, "note"), first)
    answer = as_alice.post(selection_address(key, "note"), fields(key, no_due="on"), headers=HTMX)
    assert answer.status_code == 429
    undo = as_alice.post("/selections/undo/", fields(key, of=first["form_id"]), headers=HTMX)
    assert "which is the limit" in text_of(undo)


@pytest.mark.parametrize("of", ["", "no-id"])
def test_nothing_is_set_back_of_no_form(key: KeyHandle, as_alice: Client, of: str):
    assert as_alice.post("/selections/undo/", fields(key, of=of)).status_code == 422


@pytest.mark.usefixtures("selection")
def test_all_are_followed_and_no_longer(key: KeyHandle, as_alice: Client):
    address = selection_address(key, "follow")
    for headers in ({}, HTMX):
        assert "Follow 2 batches in Live" in text_of(as_alice.get(address, headers=headers))
    tell = {"key": key.ref, "scope": "batch", "tell": ["completed:bell", "stalled:bell"]}
    saved = as_alice.post(address, tell, headers=HTMX)
    assert "You follow 2 batches." in text_of(saved)
    assert [(row.name, row.choices) for row in Follow.objects.order_by("name")] == [
        (name, {"completed": ["bell"], "stalled": ["bell"]}) for name in NAMES
    ]
    ended = as_alice.post(address, {**tell, "do": "unfollow"}, follow=True)
    assert "You no longer follow 2 batches." in text_of(ended)
    assert not Follow.objects.exists()
    none = as_alice.post(address, {"key": key.ref, "scope": "batch"}, headers=HTMX)
    assert "You no longer follow 2 batches." in text_of(none)


@pytest.mark.usefixtures("selection")
def test_what_cannot_be_followed_is_said_in_the_form(
    key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("batches.services.notices.follows_of_many.FOLLOWS_MAX", 1)
    address = selection_address(key, "follow")
    tell = {"key": key.ref, "scope": "batch", "tell": ["completed:bell"]}
    answer = as_alice.post(address, tell, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "closest .sheet")
    assert "there is no room for 2 more" in text_of(answer)
    wrong = as_alice.post(address, tell | {"tell": ["completed:pigeon"]}, headers=HTMX)
    assert wrong.status_code == 422


@pytest.mark.usefixtures("selection")
def test_who_may_only_read_follows_and_sets_nothing(vera: User, key: KeyHandle, client: Client):
    ApiKey.objects.update(is_shared=True)
    client.force_login(vera)
    Selection.objects.all().delete()
    selected(vera, key, "kitten-1")
    tell = {"key": key.ref, "scope": "batch", "tell": ["completed:bell"]}
    assert client.post(selection_address(key, "follow"), tell).status_code == 302
    assert client.post(selection_address(key, "note"), fields(key)).status_code == 403
    assert client.post("/selections/undo/", fields(key)).status_code == 403
    assert follows.follows_of(user=vera)
