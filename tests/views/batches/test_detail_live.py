"""The poll of one batch's page: one call, only news travels, and an end when all is done."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.models import Estimate, SeenBatch
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys.types import KeyHandle
from tests.support import operations
from tests.support.clock import NOON
from tests.support.pages import (
    POLL,
    add,
    hidden_fields,
    list_address,
    poll_address,
    poll_batch,
    poll_list,
    refreshed_event,
    swapped_ids,
    text_of,
)

PIECES = {
    "raw-status",
    "poller",
    "batch-status",
    "batch-actions",
    "batch-alarms",
    "batch-more",
    "batch-note",
    "batch-progress",
    "batch-events",
    "batch-priority",
    "band",
}

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def page(key: KeyHandle, as_alice: Client, refonte: Sandbox) -> Any:
    add(refonte, "kitten-07")
    return as_alice.get(f"/batches/kitten-07/?key={key.ref}")


def test_nothing_new_is_nothing_but_the_time(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.forget_calls()
    clock.shift(10)

    answer = poll_batch(as_alice, page)

    assert answer.status_code == 204
    assert refreshed_event(answer) == {
        "as_of": timezone.now().isoformat(),
        "poll_seconds": 10,
        "title": "kitten-07 · 75 %",
    }
    assert len(refonte.calls) == 1


def test_news_brings_the_pieces_and_the_title(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.set_counts("kitten-07", pending=2, completed=38)
    clock.shift(10)

    answer = poll_batch(as_alice, page)

    assert swapped_ids(answer) == PIECES
    assert "38 of 40 tasks" in text_of(answer)
    assert refreshed_event(answer)["title"] == "kitten-07 · 95 %"
    assert refreshed_event(answer)["poll_seconds"] == 5
    assert "every 5s" in answer.content.decode()


def test_what_was_swapped_in_is_not_swapped_again(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.set_counts("kitten-07", pending=2, completed=38)
    clock.shift(10)
    first = poll_batch(as_alice, page)
    clock.shift(10)

    assert poll_batch(as_alice, first).status_code == 204


def test_a_completed_batch_is_polled_no_more(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.set_counts("kitten-07", pending=0, completed=40)
    refonte.set_status("kitten-07", "completed")
    clock.shift(10)

    answer = poll_batch(as_alice, page)

    assert "hx-get" not in answer.content.decode()
    assert "poll_seconds" not in refreshed_event(answer)
    assert refreshed_event(answer)["title"] == "kitten-07 · 100 %"
    assert refreshed_event(answer)["words"] == "This batch is completed."
    assert "In progress → Completed" in text_of(answer)
    assert "words" not in refreshed_event(poll_batch(as_alice, answer, poll_address(page)))


def test_a_failed_poll_keeps_the_numbers_and_says_why(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", code=502)
    refonte.forget_calls()
    clock.shift(10)

    answer = poll_batch(as_alice, page)

    assert answer.status_code == 200
    assert "30 of 40 tasks" in text_of(answer)
    assert "Showing 12:00:00 . Refonte answered with an error" in text_of(answer)
    assert refreshed_event(answer)["stale"] is True
    assert refreshed_event(answer)["as_of"] == NOON.isoformat()
    assert len(refonte.calls) == 1


def test_a_page_of_which_nothing_was_known_is_drawn_as_soon_as_something_is(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07")
    refonte.fault("status", code=502)
    page = as_alice.get(f"/batches/kitten-07/?key={key.ref}")
    assert page.status_code == 503
    clock.shift(10)

    waiting = poll_batch(as_alice, page)
    refonte.reset()
    clock.shift(60)

    assert swapped_ids(waiting) == {"poller", "band"}
    assert poll_batch(as_alice, page)["HX-Refresh"] == "true"


def test_a_batch_that_is_gone_is_polled_no_more(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.remove("kitten-07")
    clock.shift(10)

    answer = poll_batch(as_alice, page)

    assert "hx-get" not in answer.content.decode()
    assert "Refonte does not know this batch with this key" in text_of(answer)
    assert "Next try" not in text_of(answer)


def test_a_refused_key_lets_the_poller_only_look_whether_that_has_ended(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.refuse_key(LIVE_KEY)
    clock.shift(10)
    answer = poll_batch(as_alice, page)
    refonte.forget_calls()

    assert "Refonte refused this key" in text_of(answer)
    assert "continues once the key is accepted again" in text_of(answer)
    assert "Next try" not in text_of(answer)
    assert "data-refresh" not in answer.content.decode()
    assert (refreshed_event(answer)["poll_seconds"], refreshed_event(answer)["refused"]) == (
        30,
        True,
    )
    clock.shift(30)
    assert poll_batch(as_alice, answer).status_code in (200, 204)
    assert not refonte.calls


def test_the_page_comes_back_once_its_key_is_accepted_again(
    alice: User,
    key: KeyHandle,
    page: Any,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    refonte.refuse_key(LIVE_KEY)
    clock.shift(10)
    answer = poll_batch(as_alice, page)
    refonte.reset()
    add(refonte, "kitten-07", counts={"pending": 1, "completed": 39})
    clock.shift(10)
    as_alice.post(f"/keys/{key.id}/check/?key={key.ref}")

    back = poll_batch(as_alice, answer)

    assert "39 of 40 tasks" in text_of(back)
    assert "Refonte refused this key" not in text_of(back)


def test_a_page_opened_with_a_refused_key_comes_back_too(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07")
    refonte.refuse_key(LIVE_KEY)
    page = as_alice.get(f"/batches/kitten-07/?key={key.ref}")
    refonte.reset()
    add(refonte, "kitten-07")
    clock.shift(10)
    as_alice.post(f"/keys/{key.id}/check/?key={key.ref}")

    assert page.status_code == 503
    assert poll_batch(as_alice, page)["HX-Refresh"] == "true"


def test_a_priority_sent_elsewhere_shows(
    alice: User,
    key: KeyHandle,
    page: Any,
    as_alice: Client,
    clock: time_machine.Traveller,
):
    operations.prioritize(alice, key, "kitten-07", priority=25)
    clock.shift(10)

    assert "25, sent by alice" in text_of(poll_batch(as_alice, page))


def test_a_poll_costs_twelve_queries_and_two_more_where_counts_changed(
    page: Any,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    """The first and the last keep a sample, and add to the sums of its project."""
    for done, most in ((31, 14), (31, 12), (32, 14)):
        refonte.set_counts("kitten-07", pending=40 - done, completed=done)
        clock.shift(10)
        with django_assert_max_num_queries(most):
            poll_batch(as_alice, page)


def test_fifty_who_poll_cost_one_call(
    page: Any, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.forget_calls()
    clock.shift(10)

    for _ in range(50):
        poll_batch(as_alice, page)

    assert len(refonte.calls) == 1


def test_a_poll_without_a_stamp_gets_all(page: Any, as_alice: Client):
    answer = as_alice.get(poll_address(page), headers=POLL)

    assert swapped_ids(answer) == PIECES
    assert hidden_fields(answer, "stamp") == hidden_fields(page, "stamp")


def test_a_title_of_any_letters_travels_in_a_header(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "Партия\r\nX-Evil: 1 🐈")
    listed = as_alice.get(f"/batches/?key={key.ref}").content.decode()
    link = listed.split('data-row-link href="')[1].split('"')[0].replace("&amp;", "&")
    page = as_alice.get(link)
    clock.shift(10)

    answer = poll_batch(as_alice, page)

    assert answer["HX-Trigger"].isascii()
    assert "X-Evil" not in answer
    assert refreshed_event(answer)["title"].startswith("Партия")


@pytest.mark.parametrize(
    "told", [{}, {"tasks_total": 10}, {"tasks_completed": -5}], ids=["none", "a sum", "nonsense"]
)
def test_counts_that_refonte_does_not_tell_are_said_so_from_the_first_look_on(
    told: dict[str, int],
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    add(refonte, "kitten-07", counts={})
    refonte.configure(detailed="none")
    body = {"status": "in_progress", **told}
    refonte.fault("status", "GET /v1/batches/*/status", code=200, body=body)

    page = as_alice.get(f"/batches/kitten-07/?key={key.ref}")
    clock.shift(16)
    poll, listing = poll_batch(as_alice, page), as_alice.get(list_address(key))

    assert "Refonte does not say" in text_of(page)
    assert poll.status_code == 204
    assert "Refonte does not say" in text_of(listing)
    assert poll_list(as_alice, listing).status_code == 204


def test_a_new_estimate_is_news_and_an_old_one_is_not(
    page: Any, as_alice: Client, key: KeyHandle, clock: time_machine.Traveller
):
    clock.shift(10)
    Estimate.objects.create(
        batch=SeenBatch.objects.get(fingerprint=key.fingerprint),
        at=timezone.now(),
        as_of=timezone.now(),
        status="in_progress",
        total=40,
        low=NOON + timedelta(hours=4),
        mid=NOON + timedelta(hours=5),
        high=NOON + timedelta(hours=6),
    )

    answer = poll_batch(as_alice, page)
    clock.shift(10)

    assert "today 16:00 – 18:00" in text_of(answer)
    assert poll_batch(as_alice, answer, poll_address(page)).status_code == 204
    clock.shift(timedelta(minutes=9))
    late = poll_batch(as_alice, answer, poll_address(page))
    assert "as estimated at 12:00" in text_of(late)


def test_after_midnight_today_is_another_day(
    page: Any, alice: User, as_alice: Client, key: KeyHandle, clock: time_machine.Traveller
):
    midnight = NOON + timedelta(hours=12)
    clock.move_to(midnight - timedelta(seconds=20))
    as_alice.force_login(alice)  # the session of noon has ended
    Estimate.objects.create(
        batch=SeenBatch.objects.get(fingerprint=key.fingerprint),
        at=timezone.now(),
        as_of=timezone.now(),
        status="in_progress",
        low=midnight + timedelta(hours=4),
        mid=midnight + timedelta(hours=5),
        high=midnight + timedelta(hours=6),
    )
    before = poll_batch(as_alice, page)
    clock.move_to(midnight + timedelta(seconds=10))
    after = poll_batch(as_alice, before, poll_address(page))
    assert "Tue 04:00 – 06:00" in text_of(before)
    assert "today 04:00 – 06:00" in text_of(after)
