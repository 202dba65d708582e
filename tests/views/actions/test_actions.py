"""Creating, finalizing and prioritizing from pages and dialogs."""

import json
import re
import sqlite3
from collections.abc import Callable
from html import unescape
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client

from batches.models import Operation, State
from batches.refs import to_ref
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.operations import POST_CREATE, POST_FINALIZE, POST_PRIORITIZE, READ, prioritize
from tests.support.pages import text_of
from tests.support.vendor import KeyMaker

HTMX = {"HX-Request": "true"}


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    refonte.add_project("kittens")
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 640, "completed": 0})
    return key_for(alice)


def fields(key: KeyHandle, **more: Any) -> dict[str, Any]:
    return {"key": key.ref, "form_id": str(uuid4())} | more


def new_batch(key: KeyHandle, **more: Any) -> dict[str, Any]:
    return fields(key, project="kittens", name="new-one") | more


def post(web: Client, path: str, data: dict[str, Any], **headers: str) -> Any:
    return web.post(path, data, headers=headers)


# Without htmx


def test_a_created_batch_is_shown_with_a_message(as_alice: Client, key: KeyHandle) -> None:
    answer = post(as_alice, "/batches/new/", new_batch(key))
    assert answer.status_code == 302
    assert answer["Location"] == f"/batches/new-one/?key={key.ref}"
    assert "Created." in as_alice.get(answer["Location"]).text


def test_a_lost_answer_leads_to_the_page_that_follows_it(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    answer = post(as_alice, "/batches/new/", new_batch(key))
    operation = Operation.objects.get()
    assert answer["Location"] == f"/operations/{operation.id}/?key={key.ref}"


@pytest.mark.parametrize("action", ["finalize", "prioritize"])
def test_a_form_without_any_field_is_refused(
    refonte: Sandbox, web: Client, key: KeyHandle, action: str
) -> None:
    answer = post(web, f"/batches/kitten-07/{action}/?key={key.ref}", {})
    assert answer.status_code == 422
    assert "Part of this form was missing" in answer.text
    assert not Operation.objects.exists()


def test_the_same_form_again_leads_to_its_operation(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    data = new_batch(key)
    post(as_alice, "/batches/new/", data)
    answer = post(as_alice, "/batches/new/", data)
    assert answer["Location"].startswith(f"/operations/{Operation.objects.get().id}/")
    assert len(refonte.calls_to("POST", "/batches")) == 1


def test_the_same_id_with_other_content_is_drawn_again_with_a_new_id(
    as_alice: Client, key: KeyHandle
) -> None:
    data = new_batch(key)
    post(as_alice, "/batches/new/", data)
    answer = post(as_alice, "/batches/new/", data | {"name": "another"})
    assert answer.status_code == 422
    assert 'value="another"' in answer.text
    assert data["form_id"] not in answer.text


def test_a_refusal_keeps_what_was_typed_and_speaks_at_the_field(
    as_alice: Client, key: KeyHandle
) -> None:
    answer = post(
        as_alice, "/batches/new/", new_batch(key, name="kitten-07", callback="a@b.example")
    )
    assert answer.status_code == 422
    assert 'id="id_name_error"' in answer.text
    assert "The name is taken" in answer.text
    told = answer.text.partition('id="id_name_error"')[2]
    assert told.index("Details of this attempt") < told.index("id_callback")
    assert 'value="a@b.example"' in answer.text


def test_a_name_that_somebody_else_has_is_told_with_a_link(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.fault("status", match=READ, times=1, code=404)
    answer = post(as_alice, "/batches/new/", new_batch(key, name="kitten-07"))
    assert answer.status_code == 422
    told = answer.text.partition('id="id_name_error"')[2]
    assert "created by somebody else" in told
    assert f'href="/batches/kitten-07/?key={key.ref}"' in told
    assert "another name" not in told


def test_a_form_of_another_key_is_found_again_filled(
    alice: User, key_for: KeyMaker, as_alice: Client, key: KeyHandle
) -> None:
    test = key_for(alice, mode="test")
    typed = new_batch(key, callback="a@b.example")

    answer = as_alice.post(f"/batches/new/?key={test.ref}", typed)

    assert answer.status_code == 409
    back = unescape(answer.text.split('href="/batches/new/')[1].split('"')[0])
    assert 'value="a@b.example"' in as_alice.get(f"/batches/new/{back}").text


def test_a_vendor_that_is_away_is_an_honest_503_with_everything_typed(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.stop()
    answer = post(as_alice, "/batches/new/", new_batch(key, callback="a@b.example"))
    assert answer.status_code == 503
    assert "Nothing was sent" in answer.text
    assert 'value="a@b.example"' in answer.text


def test_a_database_that_cannot_be_written_says_so_and_keeps_what_was_typed(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    with mock.patch.object(Operation, "save", side_effect=OperationalError("read-only")):
        answer = post(as_alice, "/batches/new/", new_batch(key))
    assert answer.status_code == 503
    assert "cannot write to its database" in answer.text
    assert 'value="new-one"' in answer.text
    assert refonte.calls == []


def test_too_many_writes_are_told_when_to_come_back(
    alice: User, as_alice: Client, key: KeyHandle
) -> None:
    for _ in range(30):
        prioritize(alice, key)
    answer = post(as_alice, "/batches/new/", new_batch(key))
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert 'value="new-one"' in answer.text


def test_a_form_of_another_key_is_refused(
    refonte: Sandbox, alice: User, as_alice: Client, key: KeyHandle, key_for: KeyMaker
) -> None:
    test = key_for(alice, mode="test")
    answer = post(as_alice, f"/batches/new/?key={test.ref}", new_batch(key))
    assert answer.status_code == 409
    assert refonte.calls == []


@pytest.mark.parametrize("path", ["new/", "kitten-07/finalize/", "kitten-07/prioritize/", "name/"])
def test_viewers_are_refused_whatever_the_screen_shows(
    browse: Callable[[User], Client], vera: User, key_for: KeyMaker, refonte: Sandbox, path: str
) -> None:
    key = key_for(vera)
    assert browse(vera).get(f"/batches/{path}?key={key.ref}").status_code == 403
    assert browse(vera).post(f"/batches/{path}", fields(key)).status_code in (403, 405)


def test_a_key_shared_for_reading_does_not_write(
    browse: Callable[[User], Client], bob: User, alice: User, key_for: KeyMaker, refonte: Sandbox
) -> None:
    key = key_for(alice, is_shared=True)
    assert post(browse(bob), "/batches/new/", new_batch(key)).status_code == 403
    assert refonte.calls == []


# The forms


def test_every_dialog_is_also_a_page(as_alice: Client, key: KeyHandle) -> None:
    for path in ("new/", "kitten-07/finalize/", "kitten-07/prioritize/"):
        address = f"/batches/{path}?key={key.ref}"
        whole, piece = as_alice.get(address).text, as_alice.get(address, headers=HTMX).text
        assert "<h1" in whole
        assert "<html" not in piece
        assert 'id="dialog-title"' in piece


def test_a_new_batch_like_another_starts_with_what_is_known_of_it(
    as_alice: Client, key: KeyHandle
) -> None:
    callback = "https://hooks.example.com/"
    post(as_alice, "/batches/new/", new_batch(key, callback=callback, priority="25"))
    text = as_alice.get(f"/batches/new/?key={key.ref}&like=new-one").text
    assert f'value="{callback}"' in text
    assert 'value="25"' in text
    assert 'value="kittens_20' in text


def test_an_address_fills_the_form(as_alice: Client, key: KeyHandle) -> None:
    text = as_alice.get(f"/batches/new/?key={key.ref}&project=a%22b&self_label_batch=true").text
    assert 'value="a&quot;b"' in text
    assert "checked" in text


@pytest.mark.parametrize("path", ["new/", "kitten-07/finalize/", "kitten-07/prioritize/"])
def test_a_form_without_its_id_says_so(
    refonte: Sandbox, as_alice: Client, key: KeyHandle, path: str
) -> None:
    data = new_batch(key, priority="20", form_id="nonsense")
    answer = post(as_alice, f"/batches/{path}", data)
    assert answer.status_code == 422
    assert "Part of this form was missing" in answer.text
    assert refonte.calls == []


def test_finalize_names_thing_number_consequence_and_mode(as_alice: Client, key: KeyHandle) -> None:
    text = as_alice.get(f"/batches/kitten-07/finalize/?key={key.ref}").text
    for words in ("kitten-07", "Live", "640 tasks", "No tasks can be added afterwards"):
        assert words in text
    assert "autofocus>Cancel" in text
    assert ">Finalize</button>" in text


def test_finalizing_an_empty_batch_is_finalizing_anyway(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.add_batch("empty", status="staging")
    text = as_alice.get(f"/batches/empty/finalize/?key={key.ref}").text
    assert "Finalize anyway" in text
    assert "no tasks yet" in text


def test_a_finalize_that_was_not_sent_is_drawn_again_with_what_is_known(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    address = f"/batches/kitten-07/finalize/?key={key.ref}"
    as_alice.get(address)
    refonte.stop()
    answer = post(as_alice, address, fields(key))
    assert answer.status_code == 503
    assert "It holds 640 tasks" in answer.text
    assert ">Finalize</button>" in answer.text


def test_a_finalize_of_which_nothing_is_known_any_more_is_finalizing_anyway(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    body = {"status_code": 400, "error": "Not yet"}
    refonte.fault("status", match=POST_FINALIZE, code=400, body=body)
    answer = post(as_alice, f"/batches/kitten-07/finalize/?key={key.ref}", fields(key))
    assert answer.status_code == 422
    assert "How many tasks it holds is unknown" in answer.text
    assert "Finalize anyway" in answer.text
    assert len(refonte.calls) == 3


def test_a_finalize_whose_counts_cannot_be_read_says_what_was_last_seen(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    as_alice.get(f"/batches/?key={key.ref}")
    refonte.fault("status", code=500)
    text = text_of(as_alice.get(f"/batches/kitten-07/finalize/?key={key.ref}"))
    assert re.search(r"It held 640 tasks at \d\d:\d\d ; Refonte could not be read since then", text)
    assert "just now" not in text
    assert "Finalize anyway" in text


def test_finalizing_a_batch_that_refonte_does_not_know_says_so(
    as_alice: Client, key: KeyHandle
) -> None:
    text = as_alice.get(f"/batches/nobody/finalize/?key={key.ref}").text
    assert "there is none of that name" in text
    assert "could not be read" not in text


def test_a_batch_that_runs_offers_no_finalize(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.add_batch("running", status="in_progress")
    text = as_alice.get(f"/batches/running/finalize/?key={key.ref}").text
    assert "Nothing to finalize" in text
    assert '<button class="button button--danger"' not in text


def test_priority_tells_the_last_one_sent(alice: User, as_alice: Client, key: KeyHandle) -> None:
    address = f"/batches/kitten-07/prioritize/?key={key.ref}"
    assert "Not set from here." in as_alice.get(address).text
    prioritize(alice, key, priority=17)
    text = as_alice.get(address).text
    assert '<strong>17</strong> by <bdi translate="no">alice</bdi>' in text
    for words in ("Lowest 10", "Middle 20", "Highest 30", "not yet started"):
        assert words in text


def test_a_name_with_slashes_and_blanks_can_be_finalized(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    name = " a/b ?#%2F😀 "
    refonte.add_batch(name, status="staging", counts={"pending": 5})
    answer = post(as_alice, f"/batches/{to_ref(name)}/finalize/", fields(key))
    assert answer.status_code == 302
    assert refonte.status_of(name) == "in_progress"


@pytest.mark.parametrize("name", ["nul\0", "x" * 1025])
def test_a_name_that_no_row_can_hold_is_refused_in_words(
    refonte: Sandbox, as_alice: Client, key: KeyHandle, name: str
) -> None:
    for action, more in (("finalize", {}), ("prioritize", {"priority": "20"})):
        address = f"/batches/{to_ref(name)}/{action}/"
        assert as_alice.get(f"{address}?key={key.ref}").status_code == 200
        answer = post(as_alice, address, fields(key, **more))
        assert answer.status_code == 422
        assert "this name cannot be recorded" in answer.text
    assert not [call for call in refonte.calls if call.method == "POST"]


# With htmx


def test_done_closes_the_dialog_and_says_so_beside(as_alice: Client, key: KeyHandle) -> None:
    answer = post(as_alice, "/batches/kitten-07/finalize/", fields(key), **HTMX)
    assert answer.status_code == 200
    events = json.loads(answer["HX-Trigger"])
    assert events["batch-changed"] == {"name": "kitten-07"}
    assert "dialog-done" in events
    assert 'hx-swap-oob="beforeend:#messages"' in answer.text
    assert "Finalized: staging → in progress." in answer.text


def test_unknown_closes_the_dialog_and_says_not_to_send_again(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.fault("reset_before_acting", match=POST_FINALIZE, times=1)
    answer = post(as_alice, "/batches/kitten-07/finalize/", fields(key), **HTMX)
    assert "dialog-done" in answer["HX-Trigger"]
    assert "Do not send it again" in answer.text
    assert f"/operations/{Operation.objects.get().id}/" in answer.text


@pytest.mark.parametrize(("priority", "status"), [("31", 422), ("30", 503)])
def test_a_form_drawn_again_names_its_place(
    refonte: Sandbox, as_alice: Client, key: KeyHandle, priority: str, status: int
) -> None:
    refonte.stop()
    data = fields(key, priority=priority)
    answer = post(as_alice, "/batches/kitten-07/prioritize/", data, **HTMX)
    assert answer.status_code == status
    assert answer["HX-Retarget"] == "closest .sheet"
    assert "<html" not in answer.text


def test_a_repeat_goes_to_the_operation(as_alice: Client, key: KeyHandle) -> None:
    data = fields(key, priority="30")
    post(as_alice, "/batches/kitten-07/prioritize/", data, **HTMX)
    answer = post(as_alice, "/batches/kitten-07/prioritize/", data, **HTMX)
    assert answer["HX-Redirect"].startswith("/operations/")


def test_a_changed_priority_offers_the_way_back(as_alice: Client, key: KeyHandle) -> None:
    post(as_alice, "/batches/kitten-07/prioritize/", fields(key, priority="15"), **HTMX)
    answer = post(as_alice, "/batches/kitten-07/prioritize/", fields(key, priority="30"), **HTMX)
    assert "Set back to 15" in answer.text
    again = post(as_alice, "/batches/kitten-07/prioritize/", fields(key, priority="30"), **HTMX)
    assert "Set back" not in again.text


def test_a_way_back_that_fails_says_so_among_the_messages(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.stop()
    headers = {**HTMX, "HX-Target": "messages"}
    answer = post(as_alice, "/batches/kitten-07/prioritize/", fields(key, priority="15"), **headers)
    assert answer.status_code == 503
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#messages", "beforeend")
    assert "Nothing was sent" in answer.text


def test_an_unconfirmed_priority_is_a_warning(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_PRIORITIZE, times=1)
    answer = post(as_alice, "/batches/kitten-07/prioritize/", fields(key, priority="15"))
    assert answer["Location"].startswith("/batches/kitten-07/")
    assert "message--warning" in as_alice.get(answer["Location"]).text


def test_a_plain_http_callback_is_warned_of(as_alice: Client, key: KeyHandle) -> None:
    data = new_batch(key, callback="http://hooks.example.com/")
    answer = post(as_alice, "/batches/new/", data, **HTMX)
    assert "plain http" in answer.text
    assert "message--warning" in answer.text


def test_a_first_priority_is_told_with_the_new_batch(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    answer = post(as_alice, "/batches/new/", new_batch(key, priority="25"), **HTMX)
    assert "Priority 25 sent" in answer.text
    refonte.fault("reset_after_acting", match=POST_PRIORITIZE, times=1)
    answer = post(as_alice, "/batches/new/", new_batch(key, name="two", priority="25"), **HTMX)
    assert "First priority: unconfirmed" in answer.text


def test_a_dialog_tells_nothing_that_was_seen_with_a_key_which_is_refused_now(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    address = f"/batches/kitten-07/finalize/?key={key.ref}"
    refonte.set_status("kitten-07", "in_progress")
    assert "no longer in staging" in as_alice.get(address).text
    refonte.refuse_key(LIVE_KEY)
    as_alice.get(f"/batches/other/?key={key.ref}")

    for _ in range(2):
        assert "no longer in staging" not in as_alice.get(address).text


# The name's field


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"name": "kitten-07"}, "This name is taken"),
        ({"name": "fresh"}, "This name is free."),
        ({"name": ".."}, "This name cannot be used in a URL"),
        ({"project": "kittens"}, 'Use <bdi translate="no">kittens_20'),
    ],
)
def test_the_name_is_checked_when_its_field_is_left(
    as_alice: Client, key: KeyHandle, query: dict[str, str], words: str
) -> None:
    answer = as_alice.get("/batches/name/", query | {"key": key.ref}, headers=HTMX)
    assert words in answer.text


def test_an_empty_field_says_nothing(refonte: Sandbox, as_alice: Client, key: KeyHandle) -> None:
    answer = as_alice.get("/batches/name/", {"key": key.ref}, headers=HTMX)
    assert answer.text.strip() == ""
    assert refonte.calls == []


def test_every_outcome_has_its_words(as_alice: Client, key: KeyHandle) -> None:
    post(as_alice, "/batches/kitten-07/finalize/", fields(key))
    answer = post(as_alice, "/batches/kitten-07/finalize/", fields(key), **HTMX)
    assert "Already so" in answer.text
    assert Operation.objects.filter(state=State.NO_EFFECT).count() == 1


def test_a_form_on_its_own_page_is_sent_plainly_and_leads_on(
    as_alice: Client, key: KeyHandle
) -> None:
    address = f"/batches/new/?key={key.ref}"
    assert "hx-post" not in as_alice.get(address).text
    assert "hx-post" in as_alice.get(address, headers=HTMX).text
    again = as_alice.get(f"{address}&page=1&proposed=kittens_1", headers=HTMX).text
    assert "hx-post" not in again
    assert re.search(r'<input[^>]*value="kittens_1"[^>]* autofocus', again)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite locks a file")
@pytest.mark.django_db(transaction=True)
def test_a_locked_database_refuses_in_words_and_asks_nobody(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=100")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = post(as_alice, "/batches/new/", new_batch(key))
    other.close()
    assert answer.status_code == 503
    assert "cannot write to its database" in answer.text
    assert refonte.calls == []
