"""The list's poll: nothing where nothing changed, else only the pieces that did; no row jumps."""

import json
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys import manage
from batches.services.keys.types import KeyHandle
from batches.templatetags.addresses import dom_id
from tests.support import operations
from tests.support.clock import NOON
from tests.support.pages import (
    POLL,
    Browse,
    add,
    hidden_fields,
    hrefs_of,
    list_address,
    poll_address,
    poll_fields,
    poll_list,
    refreshed_event,
    swapped_ids,
    text_of,
)
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def page(key: KeyHandle, as_alice: Client, refonte: Sandbox) -> Any:
    add(refonte, *"abc")
    return as_alice.get(list_address(key))


def pieces(name: str) -> set[str]:
    parts = ("stamp", "status", "progress", "errors", "speed", "estimate", "due", "priority")
    return {f"{dom_id(name)}-{part}" for part in parts}


TABS = {f"tab-{name}" for name in ("all", "staging", "in_progress", "completed", "attention")}
AROUND = {"poller", "newer", "band", *TABS}


def test_nothing_new_is_nothing_but_the_time(
    page: Any, as_alice: Client, clock: time_machine.Traveller
):
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert answer.status_code == 204
    assert refreshed_event(answer) == {"as_of": timezone.now().isoformat(), "poll_seconds": 10}


def test_a_row_that_changed_is_all_that_travels(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.set_counts("b", pending=0, completed=40)
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert swapped_ids(answer) == pieces("b")
    assert "40 of 40" in text_of(answer)
    assert [stamp.split()[0] for stamp in hidden_fields(answer, "row")] == ["b"]


def test_what_was_swapped_in_is_not_swapped_again(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.set_counts("b", pending=0, completed=40)
    clock.shift(10)
    stamps = {stamp.split()[0]: stamp for stamp in hidden_fields(page, "row")}
    answer = poll_list(as_alice, page)
    stamps |= {stamp.split()[0]: stamp for stamp in hidden_fields(answer, "row")}
    clock.shift(10)

    again = as_alice.post(
        poll_address(page),
        poll_fields(page, stamps.values()),
        headers=POLL,
    )

    assert again.status_code == 204


def test_those_who_listen_hear_what_completed(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    for name in "ab":
        refonte.set_status(name, "completed")
    refonte.set_counts("c", pending=1, completed=39)
    clock.shift(10)

    assert refreshed_event(poll_list(as_alice, page))["words"] == "2 batches completed"


def test_a_status_that_ends_like_completed_is_not_taken_for_it(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "a", status="not completed")
    page = as_alice.get(list_address(key))
    refonte.set_status("a", "completed")
    clock.shift(10)

    assert refreshed_event(poll_list(as_alice, page))["words"] == "1 batch completed"


def test_new_batches_wait_behind_a_link_and_move_no_row(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    clock.shift(10)
    for name in ("new-1", "new-2"):
        refonte.add_batch(name, created_at=timezone.now())

    answer = poll_list(as_alice, page)

    assert swapped_ids(answer) == AROUND
    assert "2 newer batches · show" in text_of(answer)
    assert not hidden_fields(answer, "row")


def test_a_row_that_left_the_filter_stays_and_says_so(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *"abc")
    page = as_alice.get(list_address(key, "status=in_progress"))
    refonte.set_status("b", "completed")
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert pieces("b") <= swapped_ids(answer)
    assert not swapped_ids(answer) & (pieces("a") | pieces("c"))
    assert "no longer matches these filters" in text_of(answer)


def test_a_priority_sent_shows_on_every_open_list(
    alice: User,
    key: KeyHandle,
    page: Any,
    as_alice: Client,
    clock: time_machine.Traveller,
):
    operations.prioritize(alice, key, "c", priority=25)
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert swapped_ids(answer) == pieces("c")
    assert "25" in text_of(answer)


def test_a_failed_poll_keeps_the_rows_and_says_why_and_when_next(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", code=502)
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert answer.status_code == 200
    assert swapped_ids(answer) == AROUND
    assert "Showing 12:00:00 . Refonte answered with an error" in text_of(answer)
    assert "Next try 12:00:20" in text_of(answer)
    assert refreshed_event(answer) == {"as_of": NOON.isoformat(), "stale": True, "poll_seconds": 10}


def test_when_the_vendor_is_back_the_band_goes(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", code=502)
    clock.shift(10)
    failed = poll_list(as_alice, page)
    refonte.reset()
    clock.shift(10)

    answer = as_alice.post(
        poll_address(page),
        poll_fields(failed, hidden_fields(page, "row")),
        headers=POLL,
    )

    assert "band" in swapped_ids(answer)
    assert "Refonte answered with an error" not in text_of(answer)
    assert "stale" not in refreshed_event(answer)


def test_a_list_that_could_not_be_loaded_comes_as_a_whole_when_the_vendor_is_back(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *"abc")
    refonte.fault("status", code=502)
    page = as_alice.get(list_address(key))
    refonte.reset()
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert swapped_ids(answer) == AROUND | {"rows"}
    assert len(hrefs_of(answer)) == 3
    assert "1–3 of 3" in text_of(answer)
    assert "newer" not in text_of(answer).split("Newer")[0]
    clock.shift(10)
    assert poll_again(as_alice, page, answer).status_code == 204


def test_a_list_that_turns_out_to_be_empty_says_so_once(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", code=502)
    page = as_alice.get(list_address(key))
    refonte.reset()
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert "No batches with this key yet" in text_of(answer)
    clock.shift(10)
    assert poll_again(as_alice, page, answer).status_code == 204


def test_what_is_drawn_for_a_poll_is_not_kept_for_pages(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    page = as_alice.get(list_address(key))
    add(refonte, "a")
    clock.shift(10)

    assert len(hrefs_of(poll_list(as_alice, page))) == 1
    assert "hx-swap-oob" not in as_alice.get(list_address(key)).content.decode()


def poll_again(client: Client, page: Any, drawn: Any) -> Any:
    """The next poll of a page, after it took in an answer."""
    return client.post(
        poll_address(page), poll_fields(drawn, hidden_fields(drawn, "row")), headers=POLL
    )


def test_a_refused_key_lets_the_poller_only_look_whether_that_has_ended(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.refuse_key(LIVE_KEY)
    clock.shift(10)
    answer = poll_list(as_alice, page)
    refonte.forget_calls()

    assert "poller" in swapped_ids(answer)
    assert (refreshed_event(answer)["poll_seconds"], refreshed_event(answer)["refused"]) == (
        30,
        True,
    )
    for _ in range(3):
        clock.shift(30)
        assert poll_list(as_alice, page).status_code in (200, 204)
    assert not refonte.calls


@pytest.mark.parametrize("query", ["", "q=kitten"])
def test_a_list_comes_back_once_its_key_is_accepted_again(
    query: str, key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07", counts={"pending": 10, "completed": 30})
    as_alice.get(list_address(key))
    page = as_alice.get(list_address(key, query))
    refonte.refuse_key(LIVE_KEY)
    clock.shift(10)
    as_alice.get(list_address(key))
    assert "Refonte refused this key" in text_of(poll_list(as_alice, page))
    refonte.reset()
    add(refonte, "kitten-07", counts={"pending": 1, "completed": 39})
    clock.shift(10)
    as_alice.post(f"/keys/{key.id}/check/?key={key.ref}")

    assert "39 of 40" in text_of(poll_list(as_alice, page))


@pytest.mark.parametrize("rows", [25, 100])
@pytest.mark.parametrize("detailed", ["default", "none"])
def test_a_poll_costs_one_call_or_eight_statuses_and_twelve_queries_however_many_rows(
    rows: int,
    detailed: str,
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    refonte.configure(detailed=detailed)
    add(refonte, *(f"kitten-{number}" for number in range(rows)))
    page = as_alice.get(list_address(key, "limit=100"))
    refonte.forget_calls()
    for seconds in (10, 10, 25):
        clock.shift(seconds)
        with django_assert_max_num_queries(12):
            poll_list(as_alice, page)

    assert len(refonte.calls) == (3 if detailed == "default" else 3 * 8)


def test_many_who_poll_cost_what_one_does(
    alice: User,
    bob: User,
    key_for: KeyMaker,
    page: Any,
    as_alice: Client,
    browse: Browse,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    key_for(bob)
    his = browse(bob)
    refonte.forget_calls()
    clock.shift(10)

    for _ in range(10):
        poll_list(as_alice, page)
        poll_list(his, page)

    assert len(refonte.calls) == 1


def test_names_of_every_kind_come_back_in_a_poll(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    names = ["a/status", "..a", "🐈 batch", '" hx-get="/x', "long-" + "n" * 250]
    add(refonte, *names)
    page = as_alice.get(list_address(key))
    for name in names:
        refonte.set_counts(name, pending=0, completed=40)
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert swapped_ids(answer) == set().union(*(pieces(name) for name in names))
    assert ' hx-get="/x' not in answer.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"since": "yesterday"},
        {"since": "2026-11-23T12:00:00"},
        {"since": "x" * 10_000},
    ],
)
def test_a_poll_of_no_list_is_refused(data: dict[str, str], page: Any, as_alice: Client):
    assert as_alice.post(poll_address(page), data, headers=POLL).status_code == 400


def test_a_poll_of_an_impossible_address_is_refused(key: KeyHandle, page: Any, as_alice: Client):
    address = f"/batches/live/?key={key.ref}&limit=abc"

    assert (
        as_alice.post(address, {"since": hidden_fields(page, "since")}, headers=POLL).status_code
        == 400
    )


def test_rows_that_are_none_are_passed_over(page: Any, as_alice: Client):
    rows = ["", "~", "~Lg x y", "../.. x", "never 0123456789 ", *hidden_fields(page, "row")]

    answer = as_alice.post(
        poll_address(page),
        poll_fields(page, rows),
        headers=POLL,
    )

    assert answer.status_code == 204


def test_a_search_is_polled_too(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07", "puppy-07")
    as_alice.get(list_address(key))
    page = as_alice.get(list_address(key, "q=kitten"))
    assert len(hrefs_of(page)) == 1
    refonte.set_counts("kitten-07", pending=0, completed=40)
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert swapped_ids(answer) == pieces("kitten-07") | {"sum"}


def test_a_poll_is_a_question_by_post_alone(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    assert as_alice.get(f"/batches/live/?key={key.ref}", headers=POLL).status_code == 405


def test_a_page_whose_key_was_deleted_is_told_so(
    key: KeyHandle, page: Any, as_alice: Client, clock: time_machine.Traveller
):
    manage.delete_key(key=key)
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert answer.status_code == 200
    assert "key" in text_of(answer).lower()


def test_the_news_of_a_poll_is_one_line_of_ascii(
    page: Any, as_alice: Client, clock: time_machine.Traveller
):
    clock.shift(10)

    header = poll_list(as_alice, page)["HX-Trigger"]

    assert header.isascii()
    assert json.loads(header)
