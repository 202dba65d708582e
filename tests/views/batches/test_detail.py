"""The page of one batch: what is known, of when, and what is said where nothing is."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape

from batches.models import ApiKey
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.watcher.watch import watch_key
from tests.support import operations
from tests.support.pages import HOSTILE, Browse, add, list_address, poll_batch, text_of
from tests.support.reads import STATUS
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def address(key: KeyHandle) -> str:
    return f"/batches/kitten-07/?key={key.ref}"


def test_a_page_shows_the_batch_and_costs_two_calls(
    address: str, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07", callback="https://hooks.example.com/1", metadata={"team": "vision"})

    page = as_alice.get(address)

    text = text_of(page)
    assert page.status_code == 200
    assert "30 of 40 tasks" in text
    assert "In progress" in text
    assert "https://hooks.example.com/1" in text
    assert '"team": "vision"' in text
    assert len(refonte.calls) == 2


def test_the_title_carries_name_per_cent_and_mode(address: str, as_alice: Client, refonte: Sandbox):
    add(refonte, "kitten-07")

    body = as_alice.get(address).content.decode()

    assert "<title>kitten-07 · 75 % · Live · Refonte console</title>" in body


def test_every_key_the_vendor_sent_is_told_unknown_ones_under_their_own_name(
    address: str, as_alice: Client, refonte: Sandbox
):
    refonte.configure(counts="unknown")
    add(refonte, "kitten-07")

    text = text_of(as_alice.get(address))

    assert "Completed 30 Error unknown" in text
    assert "Pending 10" in text
    assert "tasks_in_review 3" in text


def test_counts_that_were_not_told_are_unknown(address: str, as_alice: Client, refonte: Sandbox):
    refonte.configure(counts="partial")
    add(refonte, "kitten-07")

    text = text_of(as_alice.get(address))

    assert "30 of at least 30 tasks" in text
    assert "Completed 30 Error unknown Cancelled unknown Pending unknown" in text


@pytest.mark.parametrize(
    "callback", ["javascript:alert(1)", "http://a.example", "https://a.example", "ana@example.com"]
)
def test_a_callback_is_copied_and_never_called_by_a_click(
    callback: str, address: str, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07", callback=callback)

    body = as_alice.get(address).content.decode()

    assert f'href="{callback}' not in body
    assert f'<bdi translate="no">{escape(callback)}</bdi>' in body
    assert f'data-copy="{escape(callback)}"' in body


@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_vendor_sends_is_text_and_nothing_else(
    text: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    refonte.add_batch(
        text, project=text, callback=text, metadata={text: text}, status=text, counts={text: 1}
    )
    listed = as_alice.get(f"/batches/?key={key.ref}").content.decode()
    link = listed.split('data-row-link href="')[1].split('"')[0]

    page = as_alice.get(link.replace("&amp;", "&"))

    body = page.content.decode()
    assert page.status_code == 200
    for markup in ("<script>alert", "</title><b>", ' hx-get="/x', "onfocus='x"):
        assert markup not in body
    assert ">49<" not in body
    assert 'href="javascript' not in body


def test_a_name_that_turns_the_text_around_is_kept_in_its_place_in_the_title(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "\u202egnp.exe")
    listed = as_alice.get(f"/batches/?key={key.ref}").content.decode()
    link = listed.split('data-row-link href="')[1].split('"')[0].replace("&amp;", "&")

    body = as_alice.get(link).content.decode()

    assert "<title>\u2068\u202egnp.exe\u2069 · 75 %" in body


def test_the_key_is_never_in_what_is_copied(address: str, as_alice: Client, refonte: Sandbox):
    add(refonte, "kitten-07")

    body = as_alice.get(address).content.decode()

    assert "$REFONTE_API_KEY:" in body
    assert "data-copy=" in body


def test_a_total_that_fell_is_on_the_timeline(
    address: str, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07")
    as_alice.get(address)
    refonte.set_counts("kitten-07", pending=5, completed=30)
    clock.shift(60)

    assert "The total fell from 40 to 35 tasks" in text_of(as_alice.get(address))


def test_a_change_of_status_is_told_in_the_words_of_the_page(
    address: str, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07", status="staging")
    as_alice.get(address)
    refonte.set_status("kitten-07", "in_progress")
    clock.shift(60)

    text = text_of(as_alice.get(address))

    assert "Staging → In progress , seen by this console" in text


def test_who_sent_what_is_on_the_timeline(
    alice: User, key: KeyHandle, address: str, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07")
    operations.prioritize(alice, key, "kitten-07", priority=25)

    text = text_of(as_alice.get(address))

    assert "alice set priority 25 · done" in text
    assert "25, sent by alice" in text


def test_a_page_costs_fourteen_queries_at_most(
    address: str,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    add(refonte, "kitten-07")
    # the first time the session notes that it was opened
    for seconds, most in ((0, 17), (1, 14), (20, 14)):
        clock.shift(seconds)
        with django_assert_max_num_queries(most):
            page = as_alice.get(address)
        assert "kitten-07" in text_of(page)


def test_a_page_says_how_often_its_batch_is_watched(
    key: KeyHandle,
    address: str,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    add(refonte, "kitten-07")
    assert "Watched only while a page is open · Watch always" in text_of(as_alice.get(address))

    ApiKey.objects.update(keep_watch=True)
    watch_key(fingerprint=key.fingerprint)
    assert "Watched every minute, 0 of 60 calls · Key" in text_of(as_alice.get(address))

    refonte.set_status("kitten-07", "paused")
    clock.shift(10)
    paused = text_of(as_alice.get(address))
    assert "Watched only while a page is open, as it is paused" in paused


def test_a_name_nobody_knows_says_both_reasons_and_offers_the_other_keys(
    alice: User, key_for: KeyMaker, address: str, as_alice: Client, refonte: Sandbox
):
    other = key_for(alice, mode="test")

    page = as_alice.get(address)

    assert page.status_code == 404
    assert "Refonte knows no batch of this name with this key" in text_of(page)
    assert "key of the other mode" in text_of(page)
    assert f"/batches/kitten-07/?key={other.ref}" in page.content.decode()


def test_a_batch_that_refonte_shows_late_is_waited_for(
    alice: User,
    key: KeyHandle,
    address: str,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    refonte.add_project("kittens")
    refonte.fault("invisible", match=operations.POST_CREATE, seconds=20)
    operations.create(alice, key)

    page = as_alice.get(address)

    assert page.status_code == 200
    assert "Created; Refonte does not show it yet" in text_of(page)
    assert "Refresh now" in text_of(page)
    assert poll_batch(as_alice, page).status_code == 204
    clock.shift(30)
    assert poll_batch(as_alice, page)["HX-Refresh"] == "true"
    assert "does not show it yet" not in text_of(as_alice.get(address))


def test_a_create_whose_answer_was_lost_is_waited_for_until_its_last_look(
    alice: User,
    key: KeyHandle,
    address: str,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    refonte.add_project("kittens")
    refonte.fault("reset_before_acting", match=operations.POST_CREATE)
    operations.create(alice, key)

    page = as_alice.get(address)
    clock.shift(90)
    poll = poll_batch(as_alice, page)

    assert "It may have been created; Refonte does not show it yet" in text_of(page)
    assert poll["HX-Refresh"] == "true"
    assert as_alice.get(address).status_code == 404


def test_a_batch_that_is_gone_says_until_when_it_was_seen(
    address: str, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07")
    as_alice.get(address)
    refonte.remove("kitten-07")
    clock.shift(timedelta(hours=2))

    page = as_alice.get(address)

    assert page.status_code == 404
    assert "Seen until 23 Nov 2026, 12:00" in text_of(page)
    assert "Its status was “In progress”" in text_of(page)


def test_nothing_known_and_nobody_to_ask_is_said_so(
    address: str, as_alice: Client, refonte: Sandbox, caplog: pytest.LogCaptureFixture
):
    refonte.fault("status", code=500)

    page = as_alice.get(address)

    assert page.status_code == 503
    assert "Nothing is known about this batch yet" in text_of(page)
    assert "django.request" not in {record.name for record in caplog.records}  # no fault of ours


def test_what_was_seen_on_a_list_alone_stands_in_with_its_time(
    key: KeyHandle,
    address: str,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    add(refonte, "kitten-07")
    as_alice.get(list_address(key))
    refonte.fault("reset_before_acting")
    clock.shift(timedelta(minutes=4))

    text = text_of(as_alice.get(address))

    assert "Showing what was last seen, 12:00:00 ." in text
    assert "Last seen 12:00:00 · retrying" in text
    assert "30 of 40 tasks" in text
    assert "read 12:00" in text
    assert "Nothing to show yet" not in text


def test_the_last_known_state_stands_in_with_its_time(
    address: str, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07")
    as_alice.get(address)
    refonte.fault("reset_before_acting")
    clock.shift(timedelta(minutes=4))

    page = as_alice.get(address)

    assert page.status_code == 200
    assert "Showing 12:00:00 . Refonte did not answer" in text_of(page)
    assert "30 of 40 tasks" in text_of(page)


@pytest.mark.parametrize(
    "ref", [".", "..", "~", "~Lg", "~Li4", "~a2l0dGVu", "%00", "%ff", "a%0d%0ab"]
)
def test_no_page_stands_under_garbage(ref: str, key: KeyHandle, as_alice: Client, refonte: Sandbox):
    assert as_alice.get(f"/batches/{ref}/?key={key.ref}").status_code == 404
    assert not refonte.calls


def test_a_viewer_is_offered_no_action(
    alice: User, vera: User, key_for: KeyMaker, browse: Browse, refonte: Sandbox
):
    key = key_for(alice, is_shared=True)
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 1, "completed": 0})

    text = text_of(browse(vera).get(f"/batches/kitten-07/?key={key.ref}"))

    assert "kitten-07" in text
    assert "Finalize" not in text
    assert "Set priority" not in text


def test_an_operator_may_finalize_what_is_staging(address: str, as_alice: Client, refonte: Sandbox):
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 1, "completed": 0})

    assert "Finalize" in text_of(as_alice.get(address))


@pytest.mark.parametrize("status", ["staging", "in_progress", "paused"])
def test_a_priority_may_be_set_while_there_may_be_tasks_to_move(
    status: str, address: str, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07", status=status)

    assert "Set priority" in text_of(as_alice.get(address))


def test_a_priority_may_be_set_where_no_status_is_told(
    address: str, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07")
    refonte.configure(fields="absent")
    refonte.fault("status", match=STATUS, code=200, body={"tasks_pending": 3})

    assert "Set priority" in text_of(as_alice.get(address))


@pytest.mark.parametrize("status", ["completed", "cancelled", "in_the_post"])
def test_of_a_finished_or_unknown_status_no_action_is_offered(
    status: str, address: str, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07", status=status)

    # the help has the words of all shortcuts; the page shows those that do something
    text = text_of(as_alice.get(address)).partition("Keyboard shortcuts")[0]

    assert "kitten-07" in text
    assert "Set priority" not in text
    assert "Finalize" not in text


def test_metadata_that_is_nested_too_deeply_says_where_it_was_cut(
    address: str, as_alice: Client, refonte: Sandbox
):
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    add(refonte, "kitten-07", metadata={"deep": deep, "team": "vision"})

    text = text_of(as_alice.get(address))

    assert "nested too deeply to be shown" in text
    assert '"team": "vision"' in text
