"""One truth about a batch: from the same knowledge all pages tell the same facts and ages."""

from collections.abc import Callable

import pytest
import time_machine
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from batches.models import SeenBatch
from batches.sandbox import Sandbox
from batches.services.batches.detail import poll_detail, read_detail
from batches.services.batches.export import export_list
from batches.services.batches.facts import BatchFacts
from batches.services.batches.listing import BatchList
from batches.services.batches.polling import ListPoll
from batches.services.batches.rows import Row
from batches.services.batches.search import search_seen
from batches.services.keys.types import KeyHandle
from tests.support import operations
from tests.support.batch_lists import add, filters, first_page, poll_again
from tests.support.reads import read_status
from tests.support.vendor import forget_readings

NAME, OTHER = "kitten-07", "puppy-01"
LIVES = (("staging", 0), ("in_progress", 10), ("completed", 40))  # and how many are completed

pytestmark = pytest.mark.usefixtures("clock")


def told(facts: BatchFacts) -> tuple[object, ...]:
    return (
        facts.project,
        facts.created_at,
        facts.status,
        facts.status_at,
        tuple(facts.counts.as_dict().items()),
        facts.counts_at,
        facts.seen_at,
        facts.absent_at,
    )


def pages(user: User, key: KeyHandle) -> dict[str, tuple[object, ...]]:
    """What each page tells of the batch with what is at hand: time stands still meanwhile."""
    views: dict[str, Callable[[], BatchFacts]] = {
        "list": lambda: of(first_page(key)),
        "poll": lambda: of(poll_again(key, [NAME])),
        "poll with a row more": lambda: of(poll_again(key, [NAME, OTHER])),
        "search": lambda: of(search_seen(key=key, filters=filters(q="kitten"))),
        "poll of a search": lambda: of(poll_again(key, [NAME], q="kitten")),
        "batch": lambda: read_detail(key=key, name=NAME).facts,
        "poll of a batch": lambda: poll_detail(key=key, name=NAME).facts,
        "export": lambda: exported(user, key),
    }
    return {name: told(view()) for name, view in views.items()}


def of(listing: BatchList | ListPoll) -> BatchFacts:
    return row_of(listing).facts


def row_of(listing: BatchList | ListPoll) -> Row:
    return next(row for row in listing.rows if row.name == NAME)


def exported(user: User, key: KeyHandle) -> BatchFacts:
    rows = [row for page in export_list(user=user, key=key, filters=filters()) for row in page.rows]
    return next(row.facts for row in rows if row.name == NAME)


STEPS: dict[str, Callable[[User, KeyHandle], object]] = {
    "list": lambda user, key: first_page(key),
    "poll": lambda user, key: poll_again(key, [NAME]),
    "poll with a row more": lambda user, key: poll_again(key, [NAME, OTHER]),
    "batch": lambda user, key: read_detail(key=key, name=NAME),
    "poll of a batch": lambda user, key: poll_detail(key=key, name=NAME),
    "finalize": operations.finalize,
    "restart": lambda user, key: forget_readings(),
}


@settings(
    max_examples=15,
    derandomize=True,
    phases=[Phase.generate],  # each example makes some thirty calls
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    detailed=st.sampled_from(["default", "none"]),
    steps=st.lists(
        st.tuples(st.sampled_from([*STEPS]), st.integers(0, 2), st.sampled_from([1, 2, 4, 30, 90])),
        min_size=2,
        max_size=6,
    ),
)
def test_pages_agree_after_any_order_of_answers(
    detailed: str,
    steps: list[tuple[str, int, int]],
    alice: User,
    key: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    """The vendor is not asked any more then: what each page shows is what was learned before."""
    start_anew(refonte, detailed, clock)
    for name, life, seconds in steps:
        status, completed = LIVES[life]
        refonte.set_status(NAME, status)
        refonte.set_counts(NAME, pending=40 - completed, completed=completed)
        clock.shift(seconds)
        STEPS[name](alice, key)
    for _ in range(2):
        pages(alice, key)  # every page has asked what it asks, while time stands still

    shown = pages(alice, key)

    assert len(set(shown.values())) == 1, shown


def start_anew(refonte: Sandbox, detailed: str, clock: time_machine.Traveller) -> None:
    """hypothesis runs all its examples within one test: in memory, database and sandbox."""
    clock.shift(3600)
    forget_readings()
    SeenBatch.objects.all().delete()
    refonte.reset()
    refonte.configure(detailed=detailed)
    add(refonte, NAME, OTHER)


# The cases that people met


def status_on(key: KeyHandle, user: User | None = None) -> dict[str, str | None]:
    """On each page; in a file only for somebody, and where the vendor answers."""
    views: dict[str, str | None] = {
        "list": row_of(first_page(key)).status,
        "poll": row_of(poll_again(key, [NAME])).status,
        "poll with a row more": row_of(poll_again(key, [NAME, OTHER])).status,
        "search": row_of(search_seen(key=key, filters=filters(q="kitten"))).status,
        "batch": read_detail(key=key, name=NAME).current_status,
    }
    return views | ({"export": exported(user, key).status} if user else {})


@pytest.mark.parametrize("detailed", ["default", "none"])
def test_what_was_read_since_the_list_is_on_every_page(
    detailed: str,
    alice: User,
    key: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    refonte.configure(detailed=detailed)
    add(refonte, NAME)
    first_page(key)
    poll_again(key, [NAME])
    clock.shift(4)
    refonte.set_status(NAME, "completed")
    read_status(key)

    assert set(status_on(key, alice).values()) == {"completed"}


def test_a_row_that_the_list_lacks_changes_nothing_for_the_others(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, NAME, OTHER)
    first_page(key)
    refonte.remove(OTHER)
    clock.shift(10)
    poll_again(key, [NAME])
    clock.shift(2)
    refonte.set_status(NAME, "paused")
    read_status(key)

    alone, beside = poll_again(key, [NAME]), poll_again(key, [NAME, OTHER])

    assert row_of(alone).stamp == row_of(beside).stamp
    assert row_of(alone).status == "paused"


def test_a_list_read_since_is_on_the_page_of_a_batch(
    alice: User, key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, NAME)
    read_detail(key=key, name=NAME)
    clock.shift(2)
    refonte.set_status(NAME, "completed")
    first_page(key)

    assert set(status_on(key, alice).values()) == {"completed"}


def test_what_a_write_found_is_on_every_page(
    alice: User, key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, NAME, status="staging")
    first_page(key)
    clock.shift(1)
    operations.finalize(alice, key)
    refonte.fault("status", "GET *", code=500)

    assert set(status_on(key).values()) == {"in_progress"}
