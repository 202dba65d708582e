"""The search: names seen under a key, and the one batch that has exactly the name typed."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from batches.models import SeenBatch
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.batches import pace
from batches.services.batches.exact_name import ExactName, find_exact
from batches.services.batches.search import search_seen, try_again
from batches.services.keys.types import KeyHandle
from tests.support.batch_lists import add, filters, first_page, names_of, poll_again
from tests.support.clock import NOON
from tests.support.reads import as_stored, read_batch
from tests.support.vendor import KeyMaker, with_replaced_key

pytestmark = pytest.mark.usefixtures("clock")


def search(key: KeyHandle, q: str, **fields: Any) -> list[str]:
    return names_of(search_seen(key=key, filters=filters(q=q, **fields)))


def test_search_finds_what_was_seen_and_asks_nobody(key: KeyHandle, refonte: Sandbox):
    add(refonte, "kitten-07", "puppy-07", "kitten-08")
    first_page(key)
    refonte.forget_calls()

    assert search(key, "Kitten") == ["kitten-07", "kitten-08"]
    assert search(key, " 07 ") == ["kitten-07", "puppy-07"]
    assert not refonte.calls


@pytest.mark.parametrize("q", ["(", "(a+)+$", "%", "_", "\\", "'", "[a-z]", "*"])
def test_what_is_typed_is_no_pattern(q: str, key: KeyHandle, refonte: Sandbox):
    add(refonte, "plain", f"with {q} inside")
    first_page(key)

    assert search(key, q) == [f"with {q} inside"]


def test_search_heeds_the_other_filters(key: KeyHandle, refonte: Sandbox):
    add(refonte, "kitten-1", project="cats")
    add(refonte, "kitten-2", status="completed")
    refonte.add_batch("kitten-3", created_at=NOON - timedelta(days=9))
    first_page(key)

    assert search(key, "kitten", project="cats") == ["kitten-1"]
    assert search(key, "kitten", status="completed") == ["kitten-2"]
    assert search(key, "kitten", start=(NOON - timedelta(days=1)).date()) == [
        "kitten-1",
        "kitten-2",
    ]
    assert search(key, "kitten", end=(NOON - timedelta(days=8)).date()) == ["kitten-3"]


def test_search_pages_by_counting_and_puts_the_undated_last(key: KeyHandle, refonte: Sandbox):
    add(refonte, *(f"kitten-{number:02}" for number in range(30)))
    first_page(key)
    SeenBatch.objects.filter(name="kitten-00").update(created_at=None)

    first = search_seen(key=key, filters=filters(q="kitten", limit=25))
    assert first.older
    second = search_seen(key=key, filters=first.older)

    assert names_of(first, second) == [f"kitten-{number:02}" for number in (*range(1, 30), 0)]
    assert (first.total, second.total, second.older) == (30, 30, None)


def test_nobody_finds_what_was_seen_with_another_key(
    key: KeyHandle, bob: User, key_for: KeyMaker, refonte: Sandbox
):
    add(refonte, "kitten-07")
    first_page(key)

    assert search(key_for(bob, mode="test"), "kitten") == []


def test_an_exact_name_is_found_at_the_vendor_too(key: KeyHandle, refonte: Sandbox):
    add(refonte, "kitten-07", " spaces at the ends ")

    assert find_exact(key=key, typed=" kitten-07 ").name == "kitten-07"
    assert find_exact(key=key, typed=" spaces at the ends ").name == " spaces at the ends "
    assert find_exact(key=key, typed="kitten") == ExactName(is_absent=True)


def test_an_exact_name_that_was_seen_costs_no_call(key: KeyHandle, refonte: Sandbox):
    add(refonte, "kitten-07")
    first_page(key)
    refonte.forget_calls()

    assert find_exact(key=key, typed="kitten-07").name == "kitten-07"
    assert not refonte.calls


@pytest.mark.parametrize("typed", ["  ", ".", ".."])
def test_what_no_batch_can_be_opened_by_is_not_asked_for(
    typed: str, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07")

    # a name of blanks there may be: the vendor is asked, and has none
    assert find_exact(key=key, typed=typed) == ExactName(is_absent=typed.isspace())
    assert not refonte.calls_to("GET", "/batches")


def test_search_finds_once_what_was_seen_with_a_replaced_key(key: KeyHandle, refonte: Sandbox):
    add(refonte, "kitten-1", "kitten-2")
    first_page(key)
    key = with_replaced_key(with_replaced_key(key))
    refonte.set_status("kitten-2", "completed")
    first_page(key)
    refonte.remove("kitten-2")

    assert search(key, "kitten") == ["kitten-1", "kitten-2"]
    assert search(key, "kitten", status="completed") == ["kitten-2"]
    assert search(key, "kitten", status="in_progress") == ["kitten-1"]


@pytest.fixture
def refused(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    """A key that has shown two batches and is not accepted any more."""
    add(refonte, "kitten-1", "kitten-2")
    first_page(key)
    refonte.refuse_key(LIVE_KEY)
    read_batch(key, "kitten-3")
    return as_stored(key)


def test_a_refused_key_finds_nothing_that_was_seen_with_it(refused: KeyHandle, refonte: Sandbox):
    refonte.forget_calls()

    listing = search_seen(key=refused, filters=filters(q="kitten"))
    exact = find_exact(key=refused, typed="kitten-1")

    assert (listing.rows, listing.reading.as_of) == ((), None)
    assert listing.poll_seconds == pace.REFUSED
    assert listing.reading.failure
    assert listing.reading.failure.outcome == "key_refused"
    assert exact.name is None
    assert not refonte.calls


def test_a_key_that_is_found_to_be_refused_by_the_search_itself_finds_nothing(
    key: KeyHandle, refonte: Sandbox
):
    add(refonte, "kitten-1")
    first_page(key)
    refonte.refuse_key(LIVE_KEY)

    exact = find_exact(key=key, typed="kitten")

    assert not search_seen(key=key, filters=filters(q="kitten"), exact=exact).rows


def test_a_search_finds_again_once_the_key_is_accepted(
    refused: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.add_key(LIVE_KEY, "live")
    assert try_again(key=refused).is_refused  # asked a moment ago

    clock.shift(61)
    key = try_again(key=refused)

    assert search(key, "kitten") == ["kitten-1", "kitten-2"]
    assert find_exact(key=key, typed="kitten-1").name == "kitten-1"
    assert not as_stored(refused).is_refused


@pytest.mark.parametrize("status", ["in_progress", "completed"])
def test_an_open_search_tells_nothing_new_of_what_a_refused_key_has_seen(
    refused: KeyHandle, status: str
):
    SeenBatch.objects.update(status=status)

    poll = poll_again(refused, ["kitten-1", "kitten-2"], q="kitten")

    assert (poll.rows, poll.poll_seconds) == ((), pace.REFUSED)
