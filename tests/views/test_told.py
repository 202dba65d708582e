"""The bell, and the page of all events."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from batches.models import (
    ApiKey,
    Bulk,
    BulkState,
    Delivery,
    NoticeKind,
    NoticeSetting,
    Verb,
)
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.notices.events import BELL
from batches.services.notices.publish import publish_bulk
from batches.services.notices.spread import spread_due
from batches.services.notices.told import IN_BELL, ON_PAGE
from tests.support.clock import NOON
from tests.support.notices import NAME, OF_KEY, alarm, complete, follow, seen_batch
from tests.support.pages import HOSTILE, POLL, Browse, add, poll_batch, poll_list, text_of
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
HTMX = {"HX-Request": "true"}


def tell(user: User, key: KeyHandle, *names: str) -> None:
    """So many completions, told on the bell."""
    follow(user, key, BELL, thing=OF_KEY)
    for name in names:
        complete(key, name=name)
    spread_due()


def bell(client: Client, key: KeyHandle) -> Any:
    return client.get(f"/follows/bell/?key={key.ref}", headers=POLL)


def unread_in(answer: Any) -> int:
    count: int = json.loads(answer["HX-Trigger"])["unread"]["count"]
    return count


def read_until(answer: Any) -> str:
    page: str = answer.content.decode()
    return page.partition('name="until" value="')[2].partition('"')[0]


def test_the_bell_says_what_happened_and_leads_there(as_alice: Client, alice: User, key: KeyHandle):
    tell(alice, key, NAME)
    alarm(key, NoticeKind.STALLED, batch=seen_batch(key, "chat-b"), since=NOON.timestamp() - 600)
    alarm(key, NoticeKind.STALLED, batch=seen_batch(key, "chat-b"), is_over=True)
    alarm(key, NoticeKind.KEY_REFUSED)
    alarm(key, NoticeKind.ERRORS, batch=seen_batch(key, ".."))
    spread_due()
    answer = bell(as_alice, key)
    words = text_of(answer)
    assert "Events 5 unread" in words
    assert "Today" in words
    assert f"Unread: {NAME} 12:00 Done: 172 tasks" in words
    assert "chat-b 12:00 Stalled: nothing since 11:50" in words
    assert "chat-b 12:00 Moves again" in words
    assert f"Live key {key.label}" in words
    assert f'href="/batches/{NAME}/?key={key.ref}"' in answer.content.decode()
    assert "What I follow, 1" in words


def test_an_empty_bell_says_how_it_is_filled(as_alice: Client, key: KeyHandle):
    words = text_of(bell(as_alice, key))
    assert "Nothing yet. Follow a batch or a project to be told." in words
    assert "Mark all read" not in words


def test_the_frame_shows_how_many_are_unread(as_alice: Client, alice: User, key: KeyHandle):
    assert "Events, " not in text_of(as_alice.get(f"/follows/?key={key.ref}"))
    tell(alice, key, "a", "b")
    assert "Events, 2 unread" in text_of(as_alice.get(f"/follows/?key={key.ref}"))


@pytest.mark.django_db
def test_more_than_99_are_not_counted(as_alice: Client, alice: User, key: KeyHandle):
    follow(alice, key, BELL, thing=OF_KEY)
    for _ in range(120):
        alarm(key, NoticeKind.KEY_REFUSED)
    spread_due()
    assert "Events, 99+ unread" in text_of(as_alice.get(f"/follows/?key={key.ref}"))


@pytest.mark.parametrize("poll", [poll_list, poll_batch])
def test_every_poll_of_a_page_has_the_number_and_asks_no_query_for_it(
    as_alice: Client, alice: User, key: KeyHandle, refonte: Sandbox, poll: Any
):
    add(refonte, NAME)
    page = as_alice.get(f"/batches/{NAME if poll is poll_batch else ''}?key={key.ref}", follow=True)
    assert unread_in(poll(as_alice, page)) == 0
    tell(alice, key, "other")
    with CaptureQueriesContext(connection) as asked:
        assert unread_in(poll(as_alice, page)) == 1
    # with the account: `test_a_poll_costs…` count all of them
    [query] = [query["sql"] for query in asked if "batches_delivery" in query["sql"]]
    assert "auth_user" in query


def test_marking_read_leaves_what_came_since(
    as_alice: Client, alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    tell(alice, key, "a", "b")
    until = read_until(bell(as_alice, key))
    clock.shift(timedelta(seconds=5))
    tell(alice, key, "c")
    answer = as_alice.post(f"/follows/read/?key={key.ref}", {"until": until}, headers=HTMX)
    assert unread_in(answer) == 1
    assert "Events 1 unread" in text_of(answer)
    assert Delivery.objects.filter(read_at=None).count() == 1
    without_script = as_alice.post(f"/follows/read/?key={key.ref}", {"until": until})
    assert without_script["Location"] == f"/follows/events/?key={key.ref}"


@pytest.mark.parametrize("until", ["", "yesterday", "2026-11-23T12:00:00", "\0"])
def test_a_time_that_is_none_marks_nothing(
    as_alice: Client, alice: User, key: KeyHandle, until: str
):
    tell(alice, key, "a")
    answer = as_alice.post(f"/follows/read/?key={key.ref}", {"until": until})
    assert answer.status_code == 422
    assert Delivery.objects.filter(read_at=None).exists()


def test_all_events_are_paged_without_a_gap_where_many_came_at_one_time(
    as_alice: Client, alice: User, key: KeyHandle
):
    names = [f"kitten-{number:02}" for number in range(ON_PAGE + 7)]
    tell(alice, key, *names)
    first = as_alice.get(f"/follows/events/?key={key.ref}").content.decode()
    older = first.rpartition('class="bell-foot"><a href="')[2].partition('"')[0]
    second = as_alice.get(older.replace("&amp;", "&")).content.decode()
    shown = [[name for name in names if f">{name}<" in page] for page in (first, second)]
    assert [len(page) for page in shown] == [ON_PAGE, 7]
    assert sorted(shown[0] + shown[1]) == names
    assert "Older" not in second
    assert bell(as_alice, key).content.decode().count("<li") == IN_BELL


@pytest.mark.parametrize("before", ["x", "2026-11-23T12:00:00+00:00~x", "~1", "2026~" + "9" * 40])
def test_a_place_that_is_none_is_the_first_page(
    as_alice: Client, alice: User, key: KeyHandle, before: str
):
    tell(alice, key, NAME)
    page = as_alice.get("/follows/events/", {"key": key.ref, "before": before})
    assert NAME in text_of(page)


def test_days_have_heads(
    as_alice: Client, alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    for days, name in ((3, "a"), (1, "b"), (0, "c")):
        clock.move_to(NOON - timedelta(days=days))
        tell(alice, key, name)
    words = text_of(as_alice.get(f"/follows/events/?key={key.ref}"))
    places = [words.index(word) for word in ("Today", "Yesterday", "Fri 20 Nov 2026")]
    assert places == sorted(places)


def test_of_a_key_that_may_no_longer_be_read_nothing_is_shown(
    browse: Browse, vera: User, alice: User, key_for: KeyMaker
):
    shared, as_vera = key_for(alice, is_shared=True), browse(vera)
    tell(vera, shared, NAME)
    assert NAME in text_of(bell(as_vera, shared))
    ApiKey.objects.update(is_shared=False)
    assert NAME not in text_of(as_vera.get("/follows/events/"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(as_alice: Client, alice: User, key: KeyHandle, name: str):
    tell(alice, key, name)
    for answer in (bell(as_alice, key), as_alice.get(f"/follows/events/?key={key.ref}")):
        body = answer.content.decode()
        assert "<script>alert" not in body
        assert '" hx-get="/x' not in body
        assert "</title><b>" not in body
        assert ">49<" not in body


def test_the_bell_says_the_quiet_hours(as_alice: Client, alice: User, key: KeyHandle):
    NoticeSetting.objects.create(user=alice, quiet_from="22:00", quiet_until="07:00")
    assert "quiet 22:00 – 07:00" in text_of(bell(as_alice, key))


def test_a_bulk_leads_to_its_receipt(alice: User, key: KeyHandle, as_alice: Client):
    bulk = Bulk.objects.create(
        form_id=uuid4(),
        user=alice,
        key_id=key.id,
        fingerprint=key.fingerprint,
        verb=Verb.FINALIZE,
        state=BulkState.FINISHED,
        rows_ticked=22,
        created_at=NOON,
    )
    publish_bulk(bulk=bulk, outcomes={"done": 20, "failed": 2}, at=NOON)
    spread_due()

    answer = bell(as_alice, key)

    assert f'<a href="/bulks/{bulk.pk}/?key={key.ref}">22 batches finalized</a>' in answer.text
    assert "20 done, 2 failed" in answer.text
