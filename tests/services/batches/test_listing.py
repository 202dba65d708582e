"""A page of the list: what it costs, that every variant reads alike, that paging never drifts."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import SeenBatch, StoredReading
from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.variants import CHOICES
from batches.services.batches import pace
from batches.services.batches.paging import Counted
from batches.services.keys.types import KeyHandle
from batches.services.vendor import calls
from tests.support import operations
from tests.support.batch_lists import add, all_pages, first_page, names_of
from tests.support.clock import NOON
from tests.support.vendor import forget_readings, with_replaced_key

PAGE = {"envelope", "counts", "detailed", "dates"}
VARIANTS = [(kind, choice) for kind in CHOICES if kind in PAGE for choice in CHOICES[kind]]

pytestmark = pytest.mark.usefixtures("clock")


# What it costs


def test_a_page_costs_one_call_and_the_projects_beside_it(key: KeyHandle, refonte: Sandbox):
    add(refonte, "a", "b")

    first_page(key)

    assert sorted(call.path for call in refonte.calls) == ["/batches", "/projects"]


def test_projects_are_asked_for_every_ten_minutes(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    for _ in range(3):
        first_page(key)
        clock.shift(290)
    assert len(refonte.calls_to("GET", "/projects")) == 1

    first_page(key)

    assert len(refonte.calls_to("GET", "/projects")) == 2
    assert len(refonte.calls_to("GET", "/batches")) == 4


@pytest.mark.parametrize("rows", [25, 100])
@pytest.mark.parametrize("detailed", ["default", "none"])
def test_the_database_is_asked_little_however_many_rows(
    rows: int,
    detailed: str,
    key: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    """Two more are the account and its keys. Who asks the vendor also opens the key, records the
    answer (a begin, a look, at most two statements, a commit), stores it and notes that the key
    was used.
    """
    refonte.configure(detailed=detailed)
    add(refonte, *(f"kitten-{number}" for number in range(rows)))

    for seconds, most in ((0, 9), (1, 2), (30, 9), (300, 9)):
        clock.shift(seconds)
        with django_assert_max_num_queries(most):
            assert len(first_page(key, limit=100).rows) == rows


# Every variant reads alike


@pytest.mark.parametrize(("kind", "choice"), VARIANTS)
def test_every_variant_gives_the_same_rows_in_the_same_order(
    kind: str, choice: str, key: KeyHandle, refonte: Sandbox
):
    refonte.configure(**{kind: choice})
    add(refonte, *"abcdefg", minutes=0.001)

    listing = first_page(key, limit=25)

    assert names_of(listing) == [*"abcdefg"]
    assert {row.status for row in listing.rows} == {"in_progress"}
    assert listing.older is None


@pytest.mark.parametrize("choice", CHOICES["fields"])
def test_only_the_name_is_relied_on(choice: str, key: KeyHandle, refonte: Sandbox):
    refonte.configure(fields=choice)
    add(refonte, *"abc")

    listing = first_page(key)

    assert names_of(listing) == [*"abc"]
    known = choice == "default"
    assert {(bool(row.project), bool(row.status)) for row in listing.rows} == {(known, known)}


def test_one_batch_with_deep_metadata_takes_no_other_away(key: KeyHandle, refonte: Sandbox):
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    add(refonte, "a", metadata={"deep": deep})
    add(refonte, "b")

    listing = first_page(key)

    assert {*names_of(listing)} == {"a", "b"}
    assert listing.reading.failure is None


@pytest.mark.parametrize("counts", CHOICES["counts"])
@pytest.mark.parametrize("detailed", ["top", "nested"])
def test_counts_are_read_wherever_they_stand(
    counts: str, detailed: str, key: KeyHandle, refonte: Sandbox
):
    refonte.configure(counts=counts, detailed=detailed)
    add(refonte, "a")

    row = first_page(key).rows[0]

    words = {
        "missing": "not read yet",
        "partial": "30 of at least 30 completed",
        "unknown": "30 of 43 completed, 69 % finished",
    }
    assert row.progress.words == words.get(counts, "30 of 40 completed, 75 % finished")


@pytest.mark.parametrize(
    ("envelope", "total"),
    [("default", 7), ("docs_only", None), ("array", None), ("no_total", None)],
)
def test_the_total_is_what_the_vendor_says(
    envelope: str, total: int | None, key: KeyHandle, refonte: Sandbox
):
    refonte.configure(envelope=envelope)
    add(refonte, *"abcdefg")

    assert first_page(key).total == total


@pytest.mark.parametrize("shape", ["project_object", "no_docs", "null"])
def test_another_shape_is_an_explained_error_and_no_empty_list(
    shape: str, key: KeyHandle, refonte: Sandbox
):
    refonte.fault("wrong_shape", "GET /v1/batches*", shape=shape)

    listing = first_page(key)

    assert listing.reading.failure
    assert listing.reading.failure.outcome == "bad_answer"
    assert listing.reading.as_of is None


def test_rows_without_names_are_passed_over(key: KeyHandle, refonte: Sandbox):
    add(refonte, *"abcdef")
    refonte.fault("wrong_shape", "GET /v1/batches*", shape="missing_names")

    assert names_of(first_page(key)) == ["b", "d", "f"]


# Paging


@pytest.mark.parametrize("envelope", CHOICES["envelope"][:-1])
@pytest.mark.parametrize("dates", CHOICES["dates"])
def test_a_walk_shows_every_batch_once_in_every_variant(
    envelope: str, dates: str, key: KeyHandle, refonte: Sandbox
):
    refonte.configure(envelope=envelope, dates=dates)
    add(refonte, *(f"kitten-{number:03}" for number in range(110)), minutes=0.007)

    shown = names_of(*all_pages(key, limit=25))

    assert shown == [f"kitten-{number:03}" for number in range(110)]


def test_a_bare_array_is_one_last_page(key: KeyHandle, refonte: Sandbox):
    refonte.configure(envelope="array")
    add(refonte, *(f"kitten-{number:03}" for number in range(30)))

    assert first_page(key, limit=25).older is None


def test_a_walk_over_a_whole_account_misses_none_and_repeats_none(key: KeyHandle, settings: Any):
    with Sandbox(batches=1200, now=timezone.now) as account:
        settings.REFONTE_API_URL = account.url
        calls.vendor_client.cache_clear()
        shown = names_of(*all_pages(key, limit=100))

        assert len(shown) == 1200
        assert set(shown) == set(account.world().batches)


def test_batches_created_between_pages_shift_nothing(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *(f"kitten-{number:03}" for number in range(100)))
    late = count()

    def create_three() -> None:
        clock.shift(1)
        for _ in range(3):
            refonte.add_batch(f"late-{next(late)}", created_at=timezone.now())

    shown = names_of(*all_pages(key, create_three, limit=25))

    assert shown == [f"kitten-{number:03}" for number in range(100)]


def test_batches_that_leave_the_filter_between_pages_shift_nothing(
    key: KeyHandle, refonte: Sandbox
):
    names = [f"kitten-{number:03}" for number in range(100)]
    add(refonte, *names)
    gone = iter(names)

    def complete_three() -> None:
        for _ in range(3):
            refonte.set_status(next(gone), "completed")

    shown = names_of(*all_pages(key, complete_three, limit=25, status="in_progress"))

    assert shown == names


@pytest.mark.parametrize("dates", ["default", "no_fraction"])
def test_batches_of_one_millisecond_across_a_page_boundary_are_shown_once(
    dates: str, key: KeyHandle, refonte: Sandbox
):
    refonte.configure(dates=dates)
    add(refonte, *(f"newer-{number:02}" for number in range(20)))
    at_once = NOON - timedelta(hours=1, milliseconds=250)
    for number in range(60):
        refonte.add_batch(f"bulk-{number:02}", created_at=at_once)
    refonte.add_batch("older", created_at=at_once - timedelta(seconds=2))

    pages = all_pages(key, limit=25)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) == 81
    assert names_of(*pages)[-1] == "older"
    assert [page.first_number for page in pages] == [1, 26, 51, 76]


def test_every_page_tells_its_place_of_the_same_total(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *(f"kitten-{number:03}" for number in range(60)))

    def create_one() -> None:
        clock.shift(1)
        refonte.add_batch(f"late-{timezone.now()}", created_at=timezone.now())

    pages = all_pages(key, create_one, limit=25)

    places = [(page.first_number, page.last_number, page.total) for page in pages]
    assert places == [(1, 25, 60), (26, 50, 60), (51, 60, 60)]


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)]
)
def test_a_walk_goes_past_times_that_say_never(moment: datetime, key: KeyHandle, refonte: Sandbox):
    for number in range(30):
        refonte.add_batch(f"kitten-{number:02}", created_at=moment)

    assert len(first_page(key, limit=25).rows) == 25
    assert first_page(key, limit=25).older


def test_rows_without_times_are_counted_and_the_page_says_that_it_drifts(
    key: KeyHandle, refonte: Sandbox
):
    refonte.configure(fields="null")
    add(refonte, *(f"kitten-{number:03}" for number in range(60)))

    pages = all_pages(key, limit=25)

    assert len(set(names_of(*pages))) == 60
    assert [page.page.counted for page in pages] == [Counted.NO_TIMES] * 3
    assert [page.filters.before for page in pages] == [None] * 3


# What else is known


def test_what_a_list_says_is_remembered(key: KeyHandle, refonte: Sandbox):
    add(refonte, "a")

    first_page(key)

    row = SeenBatch.objects.get()
    assert (row.name, row.project, row.status) == ("a", "kittens", "in_progress")


def test_counts_the_list_lacks_are_the_last_ones_read_with_their_age(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "a")
    first_page(key)
    refonte.configure(detailed="none")
    clock.shift(3600)

    row = first_page(key).rows[0]

    assert row.progress.words == "30 of 40 completed, 75 % finished"
    assert row.progress.as_of == NOON


def test_a_status_that_was_read_after_the_list_is_the_one_shown(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.configure(detailed="none")
    add(refonte, "a")
    first_page(key)
    clock.shift(2)
    SeenBatch.objects.update(status="completed", seen_at=timezone.now())

    assert first_page(key).rows[0].status == "completed"


def test_rows_nobody_has_read_are_asked_for_soon(key: KeyHandle, refonte: Sandbox):
    refonte.configure(detailed="none")
    add(refonte, "a")

    assert first_page(key).poll_seconds == 2


def test_a_list_of_what_is_over_is_looked_at_slowly(key: KeyHandle, refonte: Sandbox):
    add(refonte, "a", status="completed", counts={"pending": 0, "completed": 4})

    assert first_page(key).poll_seconds == 60


def test_a_list_that_was_never_read_is_asked_for_as_soon_as_it_may(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", code=500)

    assert first_page(key).poll_seconds == 5


def test_the_last_priority_stands_in_its_row(alice: User, key: KeyHandle, refonte: Sandbox):
    add(refonte, "a", "b")
    first_page(key)
    operations.prioritize(alice, key, "b", priority=25)

    priorities = [
        row.priority and row.priority.parameters["priority"] for row in first_page(key).rows
    ]

    assert priorities == [None, 25]


def test_projects_to_choose_from_are_the_vendors_and_the_pages(key: KeyHandle, refonte: Sandbox):
    refonte.add_project("never used")
    add(refonte, "a")

    assert {"kittens", "never used"} <= set(first_page(key).projects)

    forget_readings()
    StoredReading.objects.all().delete()
    refonte.fault("status", "GET /v1/projects", code=404)
    assert first_page(key).projects == ("kittens",)


def test_tabs_tell_totals_only_where_a_young_answer_is_held(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *"abc")
    add(refonte, "d", status="completed")
    first_page(key, status="completed")

    totals = first_page(key).tab_totals

    assert totals == {"": 4, "staging": None, "in_progress": None, "completed": 1}
    clock.shift(61)
    assert first_page(key).tab_totals["completed"] is None


def test_the_last_known_list_stands_in_when_the_vendor_is_down(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *"abc")
    first_page(key)
    refonte.fault("status", code=500)
    clock.shift(60)

    listing = first_page(key)

    assert names_of(listing) == [*"abc"]
    assert listing.reading.is_stale
    assert listing.reading.as_of == NOON


def test_a_refused_key_shows_no_list(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *"abc")
    first_page(key)
    refonte.refuse_key(LIVE_KEY)
    clock.shift(60)

    listing = first_page(key)

    assert listing.rows == ()
    assert listing.poll_seconds == pace.REFUSED


def test_a_row_tells_the_priority_sent_with_a_replaced_key(
    alice: User, key: KeyHandle, refonte: Sandbox
):
    add(refonte, "kitten-1")
    sent = operations.prioritize(alice, key, "kitten-1", priority=12)

    [row] = first_page(with_replaced_key(key)).rows

    assert row.priority == sent
