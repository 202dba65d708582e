"""Who did what: the list, one operation, following it, taking it back."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.models import ApiKey, Operation, State
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.views.actions.messages import message_stamp
from tests.support.operations import (
    POST_CREATE,
    POST_PRIORITIZE,
    READ,
    abandoned_operation,
    create,
    prioritize,
    settle_in,
    unsaved_operation,
)
from tests.support.pages import hrefs_of
from tests.support.vendor import KeyMaker

Browse = Callable[[User], Client]
POLL = {"HX-Request": "true", "X-Poll": "1"}


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    refonte.add_project("kittens")
    refonte.add_batch("puppy-01")
    return key_for(alice)


@pytest.fixture
def lost(refonte: Sandbox, alice: User, key: KeyHandle) -> Iterator[Operation]:
    """A create that got through, and of which nothing could be read yet.

    The time of its next look never comes by itself, however busy the machine is.
    """
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    with time_machine.travel(timezone.now(), tick=False):
        yield create(alice, key)


@pytest.fixture
def waiting(refonte: Sandbox, alice: User, key: KeyHandle) -> Operation:
    refonte.fault("status", times=1, code=429, headers={"Retry-After": "30"})
    return prioritize(alice, key, name="puppy-01")


def test_the_list_says_who_did_what_with_which_key(
    alice: User, as_alice: Client, key: KeyHandle
) -> None:
    prioritize(alice, key, name="puppy-01", priority=13)
    text = as_alice.get("/operations/").text
    for words in ("puppy-01", "Priority 13", "Done", "Priority 13 sent", "alice", key.label):
        assert words in text


def test_an_empty_list_says_what_will_stand_there(as_alice: Client, key: KeyHandle) -> None:
    assert "No operations yet" in as_alice.get("/operations/").text


def test_filters_stand_in_the_address_and_can_be_removed(
    alice: User, as_alice: Client, key: KeyHandle
) -> None:
    prioritize(alice, key, name="puppy-01")
    prioritize(alice, key, name="nobody")
    text = as_alice.get(f"/operations/?state=refused&person=alice&key={key.ref}").text
    assert "nobody" in text
    assert "puppy-01" not in text
    assert f'href="/operations/?key={key.ref}&amp;state=refused"' in text
    assert "Nothing matches" in as_alice.get("/operations/?batch=unheard-of").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=not_sent", 'Outcome <bdi translate="no">Not sent</bdi>'),
        ("verb=prioritize", 'What <bdi translate="no">Set priority</bdi>'),
        ("person=alice", 'Person <bdi translate="no">alice</bdi>'),
        ("created=7d", 'When <bdi translate="no">last 7 days</bdi>'),
        ("start_time=2026-11-20", 'When <bdi translate="no">20 Nov 2026 – …</bdi>'),
        ("batch=puppy-01", 'Batch <bdi translate="no">puppy-01</bdi>'),
    ],
)
def test_a_filter_that_is_on_says_its_value_in_words(
    alice: User, key: KeyHandle, as_alice: Client, query: str, words: str
):
    prioritize(alice, key, name="puppy-01")
    text = as_alice.get(f"/operations/?{query}&key={key.ref}").text
    assert words in text
    assert text.count("filter--on") == 1
    assert f'<a class="filters-clear" href="/operations/?key={key.ref}">' in text


def test_a_key_is_a_filter_by_its_label(
    alice: User, key: KeyHandle, as_alice: Client, key_for: KeyMaker
):
    tested = key_for(alice, mode="test")
    for one in (key, tested):
        prioritize(alice, one, name=f"of-{one.mode}")
    text = as_alice.get(f"/operations/?sent_with={tested.ref}&key={key.ref}").text
    assert f'Key <bdi translate="no">Test {tested.label}</bdi>' in text
    assert 'title="of-test"' in text
    assert 'title="of-live"' not in text


def test_the_search_finds_a_part_of_a_name(alice: User, key: KeyHandle, as_alice: Client):
    prioritize(alice, key, name="puppy-01")
    assert 'title="puppy-01"' in as_alice.get("/operations/?q=UPPY").text
    assert "Nothing matches" in as_alice.get("/operations/?q=kitten").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("start_time=2026-11-23&end_time=2026-11-20", "The last day is before the first."),
        ("start_time=2026-02-31", "Enter a valid date."),
        ("end_time=soon", "Enter a day like 2026-11-23."),
    ],
)
def test_days_that_cannot_be_are_told_at_their_field_and_the_list_stays(
    alice: User, key: KeyHandle, as_alice: Client, query: str, words: str
):
    prioritize(alice, key, name="puppy-01")
    text = as_alice.get(f"/operations/?{query}").text
    assert words in text
    assert "data-menu open" in text
    assert 'title="puppy-01"' in text


@pytest.fixture
def not_sent(refonte: Sandbox, alice: User, key: KeyHandle) -> Operation:
    """A priority whose POST found nobody."""
    return abandoned_operation(
        alice,
        key,
        State.NOT_SENT,
        verb="prioritize",
        batch_name="puppy-01",
        parameters={"priority": 13},
    )


def test_what_was_not_sent_can_be_sent_again_from_its_filled_form(
    as_alice: Client, key: KeyHandle, not_sent: Operation
):
    address = f"/batches/puppy-01/prioritize/?key={key.ref}&amp;priority=13"
    assert f'href="{address}" data-dialog>Send again</a>' in as_alice.get("/operations/").text
    assert (
        f'href="{address}" data-dialog>Send again</a>'
        in as_alice.get(f"/operations/{not_sent.id}/").text
    )
    assert 'value="13"' in as_alice.get(unescape(address)).text


def test_a_create_is_sent_again_with_all_it_asked_for(
    alice: User, as_alice: Client, key: KeyHandle
):
    wanted = {"callback": "ops@example.com", "calibration_batch": True, "priority": 25}
    abandoned_operation(alice, key, State.NOT_DONE, parameters=wanted)
    again = (
        as_alice.get("/operations/")
        .text.partition('class="row-action" href="')[2]
        .partition('"')[0]
    )
    form = as_alice.get(unescape(again)).text
    for value in ("kittens", "kitten-07", "ops@example.com", "25"):
        assert f'value="{value}"' in form
    assert re.search(r"<input[^>]*calibration_batch[^>]*checked", form)


def test_what_was_not_sent_has_no_time_of_sending(as_alice: Client, not_sent: Operation):
    assert not_sent.sent_at
    page = as_alice.get(f"/operations/{not_sent.id}/").text
    assert "<dt>" in page
    assert "<dt>Sent</dt>" not in page


@pytest.mark.parametrize("state", [s for s in State if s not in (State.NOT_SENT, State.NOT_DONE)])
def test_nothing_else_is_offered_again(alice: User, as_alice: Client, key: KeyHandle, state: State):
    abandoned_operation(alice, key, state, leased_until=timezone.now() + timedelta(minutes=1))
    text = as_alice.get("/operations/").text
    assert 'title="kitten-07"' in text
    assert "Send again" not in text


def test_who_cannot_operate_with_the_key_is_not_offered_it(
    browse: Browse, vera: User, ada: User, not_sent: Operation
):
    ApiKey.objects.update(is_shared=True)
    for person in (vera, ada):
        text = browse(person).get("/operations/").text
        assert 'title="puppy-01"' in text
        assert "Send again" not in text


@pytest.mark.parametrize("query", ["state=%00", "state=maybe", "before=abc", "batch=" + "x" * 2000])
def test_nonsense_in_the_address_is_ignored_with_a_note(
    alice: User, as_alice: Client, key: KeyHandle, query: str
) -> None:
    prioritize(alice, key, name="puppy-01")
    answer = as_alice.get(f"/operations/?{query}")
    assert answer.status_code == 200
    assert "Ignored" in answer.text
    assert "puppy-01" in answer.text


def test_older_ones_are_a_page_away(
    alice: User, as_alice: Client, key: KeyHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    Operation.objects.bulk_create(_rows(alice, key, 51))
    text = as_alice.get("/operations/?person=alice").text
    older = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = as_alice.get(older.replace("&amp;", "&")).text
    assert second.count("data-row-link") == 1
    assert "Newest" in second


def test_the_name_leads_to_the_batch_and_the_deed_to_its_record(
    alice: User, as_alice: Client, key: KeyHandle
) -> None:
    operation = prioritize(alice, key, name="puppy-01")
    page = as_alice.get("/operations/")
    record = f"/operations/{operation.id}/?key={key.ref}"
    assert f'data-row-link href="{record}"' in page.text
    assert hrefs_of(page) == [record]
    assert f'class="row-batch" href="/batches/puppy-01/?key={key.ref}"' in page.text


def _rows(user: User, key: KeyHandle, count: int) -> list[Operation]:
    facts = {"verb": "finalize", "state": State.SUCCEEDED, "created_at": timezone.now()}
    return [
        unsaved_operation(user, key, batch_name=f"kitten-{number}", **facts)
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_takes_few_queries_whatever_its_length(
    alice: User,
    as_alice: Client,
    key: KeyHandle,
    django_assert_max_num_queries: Callable[[int], object],
    count: int,
) -> None:
    Operation.objects.bulk_create(_rows(alice, key, count))
    as_alice.get("/operations/")  # the session notes its activity
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]  # pytest-django's own
        assert as_alice.get("/operations/").text.count("data-row-link") == count


def test_an_operation_tells_its_history(as_alice: Client, key: KeyHandle, lost: Operation) -> None:
    text = as_alice.get(f"/operations/{lost.id}/").text
    for words in ("Unknown, checking", "Do not send it again", "alice asked for it.", "kittens"):
        assert words in text
    assert "every 2s" in text


def test_its_page_takes_few_queries(
    as_alice: Client,
    key: KeyHandle,
    lost: Operation,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    as_alice.get("/operations/")
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]  # pytest-django's own
        page = as_alice.get(f"/operations/{lost.id}/")
    assert lost.batch_name in page.text


def test_following_it_asks_the_vendor_only_when_that_is_due(
    refonte: Sandbox, as_alice: Client, lost: Operation
) -> None:
    refonte.forget_calls()
    live = f"/operations/{lost.id}/live/"
    assert "hx-get" in as_alice.get(live, headers=POLL).text
    assert refonte.calls == []
    Operation.objects.update(next_check_at=timezone.now())
    answer = as_alice.get(live, headers=POLL)
    assert "hx-get" not in answer.text
    assert "The reply was lost, but the batch was found." in answer.text
    assert "Done" in answer["HX-Trigger"]


def test_following_a_waiting_one_sends_nothing(
    refonte: Sandbox, as_alice: Client, waiting: Operation
) -> None:
    Operation.objects.update(next_check_at=timezone.now())
    refonte.forget_calls()
    assert as_alice.get(f"/operations/{waiting.id}/live/", headers=POLL).status_code == 200
    assert refonte.calls == []


def test_a_waiting_one_can_be_withdrawn(as_alice: Client, waiting: Operation) -> None:
    assert ">Withdraw</button>" in as_alice.get(f"/operations/{waiting.id}/").text
    answer = as_alice.post(f"/operations/{waiting.id}/withdraw/", follow=True)
    assert "Withdrawn by alice before it was sent" in answer.text
    waiting.refresh_from_db()
    assert waiting.state == State.NOT_SENT


def test_what_is_done_cannot_be_withdrawn(alice: User, as_alice: Client, key: KeyHandle) -> None:
    done = prioritize(alice, key, name="puppy-01")
    answer = as_alice.post(f"/operations/{done.id}/withdraw/", follow=True)
    assert "could not be withdrawn" in answer.text


def test_only_its_person_withdraws_it(
    browse: Browse, bob: User, vera: User, key_for: KeyMaker, waiting: Operation
) -> None:
    key_for(bob)
    page = browse(bob).get(f"/operations/{waiting.id}/").text
    assert waiting.batch_name in page
    assert "Withdraw<" not in page
    assert browse(bob).post(f"/operations/{waiting.id}/withdraw/").status_code == 403
    assert browse(vera).post(f"/operations/{waiting.id}/withdraw/").status_code == 403


@pytest.mark.parametrize("path", ["", "live/"])
def test_another_keys_operation_answers_as_an_unknown_one(
    browse: Browse, bob: User, key_for: KeyMaker, lost: Operation, path: str
) -> None:
    key_for(bob, mode="test")
    web = browse(bob)
    assert web.get(f"/operations/{lost.id}/{path}").status_code == 404
    assert web.get(f"/operations/{uuid4()}/{path}").status_code == 404


def test_an_unconfirmed_priority_tells_of_a_newer_one(
    refonte: Sandbox, alice: User, as_alice: Client, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", times=1)
    unsure = prioritize(alice, key, name="puppy-01")
    prioritize(alice, key, name="puppy-01", priority=11)
    text = as_alice.get(f"/operations/{unsure.id}/").text
    assert "sent 11 later" in text


def test_a_create_leads_to_its_first_priority(
    alice: User, as_alice: Client, key: KeyHandle
) -> None:
    operation = create(alice, key, priority=25)
    text = as_alice.get(f"/operations/{operation.id}/").text
    assert "First priority 25: done" in text


def test_hostile_names_stay_text(
    refonte: Sandbox, alice: User, as_alice: Client, key: KeyHandle
) -> None:
    name = '<script>alert(1)</script>" hx-get="/x'
    operation = prioritize(alice, key, name=name)
    for address in ("/operations/", f"/operations/{operation.id}/"):
        text = as_alice.get(address).text
        assert "&lt;script&gt;alert" in text
        assert "<script>alert" not in text
        assert '" hx-get="/x' not in text


def test_a_message_follows_an_open_write_until_it_is_known(
    as_alice: Client, lost: Operation
) -> None:
    address = f"/operations/{lost.id}/said/"
    assert "data-follow" in as_alice.get(address, headers=POLL).text
    Operation.objects.update(next_check_at=timezone.now())
    answer = as_alice.get(address, headers=POLL)
    assert "message--success" in answer.text
    assert "data-follow" not in answer.text
    assert "batch-changed" in answer["HX-Trigger"]


def test_a_message_that_still_holds_is_left_alone(
    refonte: Sandbox, as_alice: Client, waiting: Operation
) -> None:
    address = f"/operations/{waiting.id}/said/"
    text = as_alice.get(address, headers=POLL).text
    stamp = text.partition("stamp=")[2].partition('"')[0]
    assert 'hx-trigger="every 2s"' in text
    assert as_alice.get(f"{address}?stamp={stamp}", headers=POLL).status_code == 204


def test_a_message_follows_the_first_priority_of_a_new_batch(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers={"Retry-After": "30"})
    form = {"key": key.ref, "form_id": str(uuid4()), "project": "kittens", "name": "kitten-07"}
    said = as_alice.post(
        "/batches/new/", form | {"priority": "25"}, headers={"HX-Request": "true"}
    ).text
    assert "First priority: waiting" in said

    address = unescape(said.partition('data-follow hx-get="')[2].partition('"')[0])
    assert as_alice.get(address, headers=POLL).status_code == 204
    settle_in(31)
    answer = as_alice.get(address, headers=POLL)

    assert "Priority 25 sent." in answer.text
    assert "message--success" in answer.text
    assert "data-follow" not in answer.text
    assert json.loads(answer["HX-Trigger"]) == {"batch-changed": {"name": "kitten-07"}}


def test_a_batch_that_was_made_is_told_before_its_first_priority_is_sent(
    refonte: Sandbox, alice: User, as_alice: Client, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    operation = create(alice, key, priority=25)
    address = f"/operations/{operation.id}/said/?stamp={message_stamp(operation)}"
    Operation.objects.update(next_check_at=timezone.now())

    answer = as_alice.get(address, headers=POLL)

    assert "First priority: waiting" in answer.text
    assert "data-follow" in answer.text
    told = {"batch-changed": {"name": "kitten-07", "created": True}}
    assert json.loads(answer["HX-Trigger"]) == told


def test_a_batch_that_another_may_have_made_is_told_with_a_link_and_its_priority_offered(
    refonte: Sandbox, as_alice: Client, key: KeyHandle, alice: User
) -> None:
    refonte.fault("status", match=POST_CREATE, times=1, code=409, acting=True)
    form = {"key": key.ref, "form_id": str(uuid4()), "project": "kittens", "name": "kitten-07"}
    said = as_alice.post("/batches/new/", form | {"priority": "25"}, headers={"HX-Request": "true"})
    operation = Operation.objects.get()
    page = as_alice.get(f"/operations/{operation.id}/").text

    assert json.loads(said["HX-Trigger"])["batch-changed"]["created"] is True
    for text in (said.text, page):
        assert "The batch has just appeared: created by this request or by somebody else." in text
        assert f"/batches/kitten-07/prioritize/?key={key.ref}&amp;priority=25" in text
        assert f'href="/batches/kitten-07/?key={key.ref}"' in text
        assert "another name" not in text
    assert refonte.priorities_of("kitten-07") == []


def test_its_other_maker_is_named_to_who_may_see_that_request(
    refonte: Sandbox, browse: Browse, bob: User, as_alice: Client, key: KeyHandle, key_for: KeyMaker
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    now = timezone.now()
    abandoned_operation(
        bob, key_for(bob), State.CHECKING, sent_at=now, next_check_at=now + timedelta(hours=1)
    )
    form = {"key": key.ref, "form_id": str(uuid4()), "project": "kittens", "name": "kitten-07"}
    said = as_alice.post("/batches/new/", form, headers={"HX-Request": "true"}).text
    operation = Operation.objects.get(username="alice")

    assert "created by this request or by bob." in said
    assert "created by this request or by bob." in as_alice.get(f"/operations/{operation.id}/").text
    told = browse(bob).get(f"/operations/{operation.id}/").text
    assert "created by this request or by another request of yours." in told
    assert "bob" not in operation.message
