"""A page of the list over the wire, where it does not fit or its moment is not kept to."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from batches.sandbox import Sandbox
from batches.services.batches.listing import read_list
from batches.services.batches.paging import Counted
from batches.services.batches.polling import poll_list
from batches.services.keys.types import KeyHandle
from batches.services.vendor import calls as vendor
from batches.services.vendor.fitting_rows import FittingRows
from tests.support.batch_lists import add, all_pages, first_page, names_of, poll_again

pytestmark = pytest.mark.usefixtures("clock")
LIST = "/batches"


def asked(refonte: Sandbox) -> list[tuple[str, str]]:
    """Limit and offset of each list asked for since the last time."""
    calls = refonte.calls_to("GET", LIST)
    refonte.forget_calls()
    return [(call.query["limit"], call.query.get("offset", "0")) for call in calls]


@pytest.fixture
def large(refonte: Sandbox) -> Sandbox:
    """120 batches of which fifty fit into one answer, and a hundred do not."""
    metadata = {"text": "m" * 60_000}
    add(refonte, *(f"kitten-{number:03}" for number in range(120)), metadata=metadata)
    return refonte


def test_a_page_that_is_too_large_is_shown_in_halves(key: KeyHandle, large: Sandbox):
    pages = all_pages(key, limit=100)

    assert names_of(*pages) == [f"kitten-{number:03}" for number in range(120)]
    assert asked(large) == [("100", "0"), ("50", "0"), ("52", "0"), ("52", "0")]
    assert [page.is_shortened for page in pages] == [True, True, False]
    assert not vendor.safeguards().breaker.is_open


def test_the_poll_of_such_a_page_asks_for_what_fits(
    key: KeyHandle, large: Sandbox, clock: time_machine.Traveller
):
    names = names_of(first_page(key, limit=100))
    asked(large)
    large.set_counts(names[1], pending=0, completed=40)
    clock.shift(10)

    poll = poll_again(key, names, limit=100)

    assert asked(large) == [("50", "0")]
    assert poll.rows[1].progress.words == "40 of 40 completed, all tasks done, not closed yet"
    assert poll.reading.failure is None


def test_a_process_that_does_not_know_what_fits_finds_out_in_the_poll(
    key: KeyHandle, large: Sandbox, clock: time_machine.Traveller
):
    names = names_of(first_page(key, limit=100))
    vendor.safeguards.cache_clear()
    asked(large)
    clock.shift(10)

    assert poll_again(key, names, limit=100).reading.failure is None
    assert asked(large) == [("100", "0"), ("50", "0")]


def test_what_fits_is_tried_in_full_again_after_an_hour():
    seconds = [0.0]
    sizes = FittingRows(timer=lambda: seconds[0])
    for seconds[0] in (0, 1800, 3599):
        sizes.note("a list", 50)
        assert sizes.fitting("a list", 100) == 50
    assert sizes.fitting("a list", 25) == 25

    seconds[0] = 3600

    assert sizes.fitting("a list", 100) == 100


def test_a_page_whose_moment_is_not_kept_to_is_polled_by_its_number(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.configure(paging="no_end_time")
    add(refonte, *(f"kitten-{number:03}" for number in range(120)))
    first = first_page(key, limit=25)
    assert first.older

    second = read_list(key=key, filters=first.older)

    assert second.page.counted is Counted.BOUND_IGNORED
    assert names_of(second) == [f"kitten-{number:03}" for number in range(25, 50)]
    assert (second.first_number, second.last_number, second.total) == (26, 50, 120)
    assert asked(refonte) == [("25", "0"), ("26", "0"), ("26", "24")]
    clock.shift(10)
    poll = poll_list(key=key, filters=second.filters, shown=names_of(second), since=timezone.now())
    assert [row.name for row in poll.rows] == names_of(second)
    assert asked(refonte) == [("26", "24")]


def test_the_days_of_a_filter_that_are_not_kept_to_are_said(key: KeyHandle, refonte: Sandbox):
    refonte.configure(paging="no_end_time")
    add(refonte, "kitten")
    yesterday = timezone.now().date() - timedelta(days=1)

    assert first_page(key, end=yesterday).page.counted is Counted.BOUND_IGNORED


@pytest.mark.parametrize("paging", ["default", "no_end_time"])
@pytest.mark.parametrize("envelope", ["default", "unmarked_small_pages", "docs_only"])
@pytest.mark.parametrize("limit", [25, 100])
def test_a_walk_shows_every_batch_once_whatever_the_vendor_hears(
    paging: str, envelope: str, limit: int, key: KeyHandle, refonte: Sandbox
):
    refonte.configure(paging=paging, envelope=envelope)
    names = [f"kitten-{number:03}" for number in range(110)]
    add(refonte, *names, minutes=0.007)

    assert names_of(*all_pages(key, limit=limit)) == names
