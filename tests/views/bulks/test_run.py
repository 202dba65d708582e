"""The pages of a bulk that runs and of one that has ended: figures, order, words, polls."""

from collections.abc import Callable

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import ApiKey, Bulk, BulkState, Operation, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import ViewerKey
from tests.support.bulk_pages import address_of, confirm, counts_of, poll, post, send
from tests.support.bulk_work import plan_of, planned
from tests.support.operations import POST_FINALIZE, POST_PRIORITIZE, settle_in
from tests.support.pages import Browse, hidden_fields, refreshed_event, swapped_ids, text_of
from tests.support.vendor import KeyMaker
from tests.views.bulks.conftest import STAGING


@pytest.fixture
def running(as_alice: Client, finalize_plan: Bulk) -> Bulk:
    confirm(as_alice, finalize_plan, reason="week 48 goes to work")
    finalize_plan.refresh_from_db()
    return finalize_plan


def test_it_says_how_far_it_is_and_how_it_goes_on(
    as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    send(running, clock, 1)
    page = as_alice.get(address_of(running))
    text = text_of(page)
    for words in (
        "Finalizing 3 batches in Live",
        "1 of 3 sent",
        "calls a minute used",
        "goes on when this page is closed",
        "Stop after this one",
        "Staging → In progress , read 12:0",
    ):
        assert words in text
    assert counts_of(page) == {
        "Done": "1",
        "No effect": "0",
        "Failed": "0",
        "Unknown, checking": "0",
        "Left": "2",
    }
    places = [text.index(name) for name in STAGING]
    assert places == sorted(places)
    assert 'class="run-done" x="0.00%" width="33.33%"' in page.text
    assert "style=" not in page.text


def test_a_poll_brings_the_rows_that_changed_and_no_others(
    as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    page = as_alice.get(address_of(running))
    assert poll(as_alice, page).status_code == 204
    send(running, clock, 1)
    news = poll(as_alice, page)
    place = hidden_fields(page, "row")[0].split()[0]
    swapped = swapped_ids(news)
    assert {f"row-{place}-{cell}" for cell in ("outcome", "sent", "said")} <= swapped
    assert len([one for one in swapped if one.startswith("row-")]) == 3
    assert {"bulk-counts", "run-head", "poller"} <= swapped
    assert refreshed_event(news)["poll_seconds"] == 2
    assert "words" not in refreshed_event(news)  # nobody hears of each row


def test_when_it_is_done_the_page_becomes_the_receipt(
    as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    page = as_alice.get(address_of(running))
    send(running, clock)
    news = poll(as_alice, page)
    assert 'id="bulk" data-merge-now hx-swap-oob="true"' in news.text
    assert refreshed_event(news)["title"] == "Finalized 3 of 3 batches in Live"
    assert "hx-trigger" not in news.text.partition('id="poller"')[2].partition(">")[0]


def test_a_failure_is_told_to_who_listens(
    refonte: Sandbox, as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    page = as_alice.get(address_of(running))
    refonte.fault("status", match=POST_FINALIZE, times=1, code=400)
    send(running, clock, 1)
    assert refreshed_event(poll(as_alice, page))["words"] == "1 failed."


def test_a_429_is_told_while_it_waits_and_after(
    refonte: Sandbox,
    as_alice: Client,
    alice: User,
    key: ViewerKey,
    clock: time_machine.Traveller,
) -> None:
    bulk = planned(alice, key, STAGING)
    confirm(as_alice, bulk)
    page = as_alice.get(address_of(bulk))
    wait = {"Retry-After": "20"}
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers=wait)
    send(bulk, clock, 1)
    news = poll(as_alice, page)
    assert "Refonte asked to wait" in refreshed_event(news)["words"]
    assert "Waiting." in text_of(news)
    assert "Goes on by itself at 12:00:2" in text_of(news)
    clock.shift(25)
    send(bulk, clock, 1)
    text = text_of(as_alice.get(address_of(bulk)))
    assert "Waited 20 s." in text
    assert "went on by itself at" in text
    send(bulk, clock)
    assert bulk.state == BulkState.FINISHED
    assert "waited once for 20 s" in text_of(as_alice.get(address_of(bulk)))


@pytest.mark.parametrize(("wait", "passed"), [(8, 1), (20, 15)])
def test_no_wait_is_called_over_before_it_is(
    wait: int,
    passed: int,
    refonte: Sandbox,
    as_alice: Client,
    alice: User,
    key: ViewerKey,
    clock: time_machine.Traveller,
) -> None:
    bulk = planned(alice, key, STAGING)
    confirm(as_alice, bulk)
    headers = {"Retry-After": str(wait)}
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers=headers)
    send(bulk, clock, 1)
    clock.shift(passed)
    text = text_of(as_alice.get(address_of(bulk)))
    assert "Goes on by itself at 12:00:" in text
    assert "went on by itself" not in text


def test_it_is_stopped_and_goes_on(
    as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    send(running, clock, 1)
    post(as_alice, running, "stop")
    page = as_alice.get(address_of(running))
    assert "Stopped: finalized 1 of 3 batches in" in text_of(page)
    assert counts_of(page)["Left"] == "2"
    assert "Go on with 2" in text_of(page)
    assert "Stopped" in text_of(page)
    post(as_alice, running, "go-on")
    send(running, clock)
    assert "Finalized 3 of 3 batches" in text_of(as_alice.get(address_of(running)))


def test_an_ended_bulk_does_not_go_on(
    as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    send(running, clock)
    answer = as_alice.post(f"/bulks/{running.id}/go-on/", {"key": running.key_ref}, follow=True)
    assert "message--warning" in answer.text


def test_the_receipt_lists_what_needs_somebody_first_with_the_words_of_refonte(
    refonte: Sandbox, as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    refonte.fault("status", match=POST_FINALIZE, times=1, skip=1, code=400)
    refonte.fault("reset_before_acting", match=POST_FINALIZE, times=1, skip=1)
    send(running, clock)
    page = as_alice.get(address_of(running))
    text = text_of(page)
    for words in (
        "Finalized 1 of 3 batches in Live",
        "alice , with Live",
        "Reason: “ week 48 goes to work ”",
        f"Bulk b-{running.id.hex[:6]}",
        "Copy link",
        "Retry the failed…",
        "400 · “",
        "4 skipped, each with its reason",
    ):
        assert words in text, words
    assert counts_of(page) == {
        "Done": "1",
        "No effect": "0",
        "Failed": "1",
        "Unknown": "1",
        "Skipped": "4",
    }
    assert sum(map(int, counts_of(page).values())) == 7
    table = text.partition("Outcome")[2]
    places = [table.index(name) for name in ("kitten-02", "kitten-03", "kitten-01")]
    assert places == sorted(places)
    for operation in Operation.objects.all():
        assert operation.request_id in page.text
        assert f"/operations/{operation.id}/" in page.text
        assert f"/batches/{operation.batch_name}/" in page.text
    assert "Already in progress" in text


def test_a_receipt_is_followed_until_nothing_is_asked_about(
    refonte: Sandbox, as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    refonte.fault("reset_after_acting", match=POST_FINALIZE, times=1)
    refonte.fault("status", match="GET /v1/batches/*", times=1, skip=1, code=503)
    send(running, clock)
    page = as_alice.get(address_of(running))
    assert counts_of(page)["Unknown"] == "1"
    assert "every 5s" in page.text
    assert poll(as_alice, page).status_code == 204
    settle_in(30)
    news = poll(as_alice, page)
    assert "row-0-outcome" in swapped_ids(news)
    assert counts_of(news)["Done"] == "3"
    assert "hx-trigger" not in news.text.partition('id="poller"')[2].partition(">")[0]


def test_what_failed_is_retried_and_both_receipts_know_of_each_other(
    refonte: Sandbox, as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    refonte.fault("status", match=POST_FINALIZE, times=2, code=400)
    send(running, clock)
    page = as_alice.get(address_of(running))
    assert "Retry the 2 failed…" in text_of(page)
    form_id = hidden_fields(page, "form_id")[0]
    answer = post(as_alice, running, "retry", form_id=form_id)
    again = Bulk.objects.get(retry_of=running)
    assert answer["Location"] == address_of(again)
    assert post(as_alice, running, "retry", form_id=form_id)["Location"] == address_of(again)
    assert [row.name for row in again.rows.all()] == ["kitten-01", "kitten-02"]
    assert f"b-{running.id.hex[:6]}" in as_alice.get(address_of(again)).text
    assert f"b-{again.id.hex[:6]}" in as_alice.get(address_of(running)).text


def test_where_nothing_failed_nothing_is_retried(
    as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    send(running, clock)
    assert "Retry the" not in as_alice.get(address_of(running)).text
    answer = as_alice.post(f"/bulks/{running.id}/retry/", {"key": running.key_ref}, follow=True)
    assert "nothing to do" in answer.text


def test_its_reader_has_no_buttons(
    browse: Browse, vera: User, as_alice: Client, alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice, is_shared=True)
    bulk = planned(alice, key, STAGING)
    confirm(as_alice, bulk)
    page = browse(vera).get(address_of(bulk))
    assert "Setting priority 25 for 3 batches in" in text_of(page)
    assert "Stop after this one" not in page.text


def test_a_long_run_is_shown_in_pages_and_nothing_jumps(
    refonte: Sandbox,
    as_alice: Client,
    alice: User,
    key: ViewerKey,
    clock: time_machine.Traveller,
) -> None:
    names = [f"puppy-{number:03}" for number in range(120)]
    for name in names:
        refonte.add_batch(name, status="staging", counts={"pending": 1}, project="puppies")
    bulk = send(plan_of(alice, key, names), clock)
    confirm(as_alice, bulk)
    page = as_alice.get(address_of(bulk))
    assert page.text.count("<tr data-row>") == 50
    assert "1–50 of 120" in page.text
    assert "start=50" in page.text
    send(bulk, clock, 60)
    news = poll(as_alice, page)
    assert "Sent now: show" in text_of(news)
    assert "puppy-060" not in news.text
    here = as_alice.get(address_of(bulk))
    assert "51–100 of 120" in here.text  # opened now, it begins where the bulk is
    first = as_alice.get(f"{address_of(bulk)}&start=0")
    assert "1–50 of 120" in first.text
    send(bulk, clock)
    receipt = as_alice.get(address_of(bulk)).text
    assert "110 more" in receipt
    url = f"/bulks/{bulk.id}/rows/?key={key.ref}&outcome=done&start=10"
    more = as_alice.get(url, headers={"HX-Request": "true"}).text
    assert more.count("<tr data-row>") == 50
    assert "start=60" in more
    assert "<h1" in as_alice.get(url).text


def test_a_poll_of_a_key_that_is_gone_stops(
    browse: Browse, vera: User, alice: User, key_for: KeyMaker, as_alice: Client
) -> None:
    key = key_for(alice, is_shared=True)
    bulk = planned(alice, key, STAGING)
    confirm(as_alice, bulk)
    web = browse(vera)
    page = web.get(address_of(bulk))
    ApiKey.objects.update(is_shared=False)
    assert "key-lost" in poll(web, page)["HX-Trigger"]


def test_what_changed_since_the_plan_is_left_out_and_said(
    refonte: Sandbox, as_alice: Client, running: Bulk, clock: time_machine.Traveller
) -> None:
    refonte.add_batch("kitten-03", status="completed", counts={"completed": 9}, project="kittens")
    send(running, clock)
    page = as_alice.get(address_of(running))
    assert sum(map(int, counts_of(page).values())) == 7
    assert running.state == BulkState.FINISHED


@pytest.mark.parametrize("rows", [1, 3])
def test_its_poll_takes_few_queries(
    as_alice: Client,
    alice: User,
    key: ViewerKey,
    django_assert_max_num_queries: Callable[[int], object],
    rows: int,
) -> None:
    bulk = planned(alice, key, STAGING[:rows], verb=Verb.FINALIZE)
    confirm(as_alice, bulk)
    page = as_alice.get(address_of(bulk))
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]  # pytest-django's own
        assert poll(as_alice, page).status_code == 204
