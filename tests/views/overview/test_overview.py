"""The overview: four answers, what needs attention, projects, what was done last."""

import re
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import AlarmKind, ApiKey, Bulk, Watch
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.clock import NOON
from tests.support.overviews import (
    DAY,
    HOUR,
    ended,
    open_batch,
    raise_alarm,
    watch,
    worked_days,
)
from tests.support.pages import (
    POLL,
    Browse,
    add,
    hidden_fields,
    refreshed_event,
    swapped_ids,
    text_of,
)
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")


def address(key: KeyHandle, query: str = "") -> str:
    return f"/?key={key.ref}{query}"


def poll(client: Client, page: Any, key: KeyHandle) -> Any:
    known = {name: hidden_fields(page, name)[0] for name in ("stamps", "worries")}
    return client.get("/live/", {"key": key.ref, **known}, headers=POLL)


@pytest.fixture
def work(key: KeyHandle, refonte: Sandbox) -> None:
    """A key that the worker reads, in the middle of a Monday."""
    watch(key.fingerprint)
    open_batch(key.fingerprint, "a", done=60, expected=(1, 3))
    open_batch(key.fingerprint, "b", done=20, errors=4, project="dogs", expected=(5, 8))
    open_batch(key.fingerprint, "quiet", done=10, reason="quiet")
    open_batch(key.fingerprint, "new", done=0, status="staging", project="dogs")
    worked_days(key.fingerprint, 7)


def test_four_answers_stand_at_the_head(work: None, key: KeyHandle, as_alice: Client):
    words = text_of(as_alice.get(address(key)))

    assert "How far 22 % of 400 tasks" in words
    assert "When done today 17:00 – 20:00 8 times in 10 · 1 gives no estimate" in words
    assert "Stuck None no batch needs anybody" in words
    assert "Keeping up As usual 160 by now · usual 160" in words


def test_where_nothing_needs_anybody_it_says_when_it_looked(
    work: None, key: KeyHandle, as_alice: Client
):
    assert "Nothing needs you. Looked at 12:00:00" in text_of(as_alice.get(address(key)))


def test_what_needs_attention_is_in_the_order_of_harm_each_with_its_action(
    work: None, key: KeyHandle, as_alice: Client
):
    quiet = open_batch(key.fingerprint, "quiet", reason="quiet")
    new = open_batch(key.fingerprint, "new", status="staging")
    late = open_batch(key.fingerprint, "late", expected=(5, 8))
    raise_alarm(AlarmKind.STAGING, new)
    raise_alarm(AlarmKind.STALLED, quiet)
    raise_alarm(AlarmKind.AT_RISK, late)

    words = text_of(as_alice.get(address(key)))

    assert "Stuck 3 batches 1 at risk · 1 stalled since 09:00 · 1 in staging" in words
    places = [words.index(one) for one in ("At risk late", "Stalled quiet", "In staging new")]
    assert places == sorted(places)
    assert "Set priority…" in words
    assert "Copy report" in words
    assert "Finalize…" in words


def test_a_report_names_the_batch_and_refontes_last_request(
    work: None, key: KeyHandle, as_alice: Client
):
    Watch.objects.update(request_id="req-77")
    raise_alarm(AlarmKind.STALLED, open_batch(key.fingerprint, "quiet", done=10, reason="quiet"))

    [report] = re.findall(r'data-copy="(Batch[^"]*)"', as_alice.get(address(key)).content.decode())

    assert report.startswith("Batch: quiet\n")
    assert "Last request id: req-77" in report
    page = as_alice.get(address(key))
    Watch.objects.update(request_id="req-78")
    assert poll(as_alice, page, key).status_code == 204


def test_batches_left_in_staging_are_one_row_that_leads_to_the_list(
    work: None, key: KeyHandle, as_alice: Client
):
    for name in "xyz":
        project = "dogs" if name == "z" else "kittens"
        row = open_batch(key.fingerprint, name, status="staging", project=project)
        raise_alarm(AlarmKind.STAGING, row)

    page = as_alice.get(address(key))

    assert "In staging 3 batches kittens 2, dogs 1 300 tasks wait" in text_of(page)
    assert f"/batches/?key={key.ref}&amp;attention=staging" in page.content.decode()


def test_all_of_that_row_can_be_planned_at_once(
    work: None, key: KeyHandle, as_alice: Client, browse: Browse, vera: User
):
    for name in ("x", '"><b>y'):
        raise_alarm(AlarmKind.STAGING, open_batch(key.fingerprint, name, status="staging"))
    page = as_alice.get(address(key)).content.decode()
    [form] = re.findall(r'<form method="post" action="/bulks/plan/">.*?</form>', page, re.S)
    named = re.findall(r'name="name" value="([^"]*)"', form)
    assert "Finalize 2…" in form

    fields = {"key": key.ref, "verb": "finalize", "name": [unescape(one) for one in named]}
    as_alice.post("/bulks/plan/", fields)

    assert {row.name for row in Bulk.objects.get().rows.all()} == {"x", '"><b>y'}
    ApiKey.objects.filter(id=key.id).update(is_shared=True)
    assert "Show 2" in text_of(browse(vera).get(address(key)))


def test_a_viewer_is_offered_no_write(work: None, key: KeyHandle, browse: Browse, vera: User):
    ApiKey.objects.filter(id=key.id).update(is_shared=True)
    raise_alarm(AlarmKind.STAGING, open_batch(key.fingerprint, "new", status="staging"))
    raise_alarm(AlarmKind.AT_RISK, open_batch(key.fingerprint, "a"))

    words = text_of(browse(vera).get(address(key)))

    assert "How far" in words
    for offer in ("Finalize…", "Set priority…", "New batch"):
        assert offer not in words


def test_a_person_without_any_key_is_told_how_to_get_one(browse: Browse, vera: User):
    assert "No API key yet" in text_of(browse(vera).get("/"))


def test_dismissed_alarms_are_counted_and_no_worry(work: None, key: KeyHandle, as_alice: Client):
    quiet = open_batch(key.fingerprint, "quiet", reason="quiet")
    raise_alarm(AlarmKind.STALLED, quiet, dismissed_at=NOON, dismissed_by="bob")

    page = as_alice.get(address(key))

    words = text_of(page)
    assert "Dismissed 1" in words
    assert "Nothing needs you." in words
    assert "Stuck None" in words
    assert f"/alarms/dismissed/?key={key.ref}" in page.content.decode()


def test_a_row_of_several_alarms_is_dismissed_as_one(work: None, key: KeyHandle, as_alice: Client):
    rows = [open_batch(key.fingerprint, name, status="staging") for name in "xy"]
    first, second = (raise_alarm(AlarmKind.STAGING, row) for row in rows)

    page = as_alice.get(address(key)).content.decode()

    assert f"/alarms/{first.id}/dismiss/?key={key.ref}&amp;also={second.id}" in page


def test_projects_are_a_table_by_name(work: None, key: KeyHandle, as_alice: Client):
    words = text_of(as_alice.get(address(key)))

    row = "20 of 200 10 % 1 1 – 0 – b today 17:00 – 20:00 today 17:00 – 20:00"
    assert "dogs 16 of 200" in words
    assert "kittens 70 of 200 35 % 2 – – 160 as usual a today 13:00 – 15:00" in words
    assert words.index("dogs") < words.index("kittens 70")
    assert row.partition(" ")[2].split()[-1] in words


def test_what_completed_and_what_was_sent_stand_at_the_end(
    work: None, key: KeyHandle, as_alice: Client
):
    ended(key.fingerprint, "done-1", NOON - HOUR)
    ended(key.fingerprint, "done-2", NOON - 9 * DAY)

    words = text_of(as_alice.get(address(key)))

    assert "Just completed 1 in the last 7 days 11:00 done-1 100 tasks 3 errors" in words
    assert "No operation was sent from here yet." in words


def test_another_keys_batches_are_not_on_it(
    work: None, key: KeyHandle, as_alice: Client, bob: User, key_for: KeyMaker
):
    other = key_for(bob, api_key="b" * 20)
    open_batch(other.fingerprint, "secret-batch", project="secret")
    ended(other.fingerprint, "secret-done", NOON)

    assert "secret" not in text_of(as_alice.get(address(key)))


def test_all_keys_that_the_person_owns_are_looked_at_for_a_refusal(
    work: None, key: KeyHandle, as_alice: Client, alice: User, bob: User, key_for: KeyMaker
):
    second = key_for(alice, api_key="a" * 20)
    open_batch(second.fingerprint, "standing-still")
    refused = {"is_refused": True, "refused_at": NOON - HOUR}
    ApiKey.objects.filter(id=second.id).update(**refused)
    key_for(bob, api_key="b" * 20, is_shared=True)
    ApiKey.objects.filter(owner=bob).update(**refused)

    page = as_alice.get(address(key))

    words = text_of(page)
    assert f"Key refused {second.label}" in words
    assert "Since 11:00 : its batch stands still here" in words
    assert words.count("Key refused") == 1  # Bob's is his own business
    assert f"#key-{second.id}" in page.content.decode()
    assert "standing-still" not in words


def test_under_a_refused_key_figures_are_kept_and_not_shown(
    work: None, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    ApiKey.objects.filter(id=key.id).update(is_refused=True, refused_at=NOON)
    refonte.fault("status", code=401)

    words = text_of(as_alice.get(address(key)))

    assert "Key refused" in words


# Freshness


def test_a_watched_key_costs_no_call(
    work: None, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    words = text_of(as_alice.get(address(key)))

    assert len(refonte.calls) == 0
    assert "Updated 12:00:00" in words
    assert "none older than 2 min" in words


def test_a_key_that_is_not_watched_costs_one(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, "a", status="in_progress")
    words = text_of(as_alice.get(address(key)))

    assert len(refonte.calls) == 1
    assert "75 % of 40 tasks" in words
    assert "This key is not read in the background now" in words


def test_a_key_that_the_worker_did_not_read_for_a_while_costs_one(
    work: None, key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    clock.shift(240)
    as_alice.get(address(key))
    assert len(refonte.calls) == 1


def test_old_counts_are_told(
    work: None, key: KeyHandle, as_alice: Client, clock: time_machine.Traveller
):
    clock.shift(1_800)
    watch(key.fingerprint, NOON + HOUR / 2)

    words = text_of(as_alice.get(address(key)))

    assert "3 batches were last read more than 20 minutes ago, the oldest 12:00." in words


# Polls


def test_an_unchanged_overview_answers_204_with_its_time(
    work: None, key: KeyHandle, as_alice: Client, clock: time_machine.Traveller
):
    page = as_alice.get(address(key))
    clock.shift(30)
    watch(key.fingerprint, NOON + HOUR / 120)

    answer = poll(as_alice, page, key)

    assert answer.status_code == 204
    assert refreshed_event(answer) == {"as_of": "2026-11-23T12:00:30+00:00", "poll_seconds": 30}


def test_only_the_pieces_that_changed_travel(
    work: None, key: KeyHandle, as_alice: Client, clock: time_machine.Traveller
):
    page = as_alice.get(address(key))
    raise_alarm(AlarmKind.STALLED, open_batch(key.fingerprint, "quiet", done=10, reason="quiet"))

    answer = poll(as_alice, page, key)

    pieces = {"overview-answers", "overview-attention", "overview-projects", "poller", "band"}
    assert swapped_ids(answer) == pieces
    assert refreshed_event(answer)["words"] == "1 more needs attention"
    assert poll(as_alice, answer, key).status_code == 204


def test_a_piece_is_drawn_by_the_poll_as_on_the_page(work: None, key: KeyHandle, as_alice: Client):
    page = as_alice.get(address(key)).content.decode()
    answer = as_alice.get("/live/", {"key": key.ref}, headers=POLL).content.decode()
    for id in ("answers", "attention", "projects", "recent"):
        assert _element(page, f"overview-{id}") == _element(answer, f"overview-{id}"), id


def _element(html: str, id: str) -> str:
    begin = html.index(f'id="{id}"')
    end = html.find('id="overview-', begin + 5)
    piece = html[begin : end if end > 0 else None].replace(' hx-swap-oob="true"', "")
    return " ".join(piece.split()).replace(" >", ">")[:400]
