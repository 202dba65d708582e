"""How often a page looks again."""

from datetime import datetime, timedelta

import pytest

from batches.refonte import Counts
from batches.services.batches import pace
from batches.services.batches.progress import Progress
from batches.services.cache.entry import Failure
from batches.services.readings.reading import Reading
from tests.support.clock import NOON


def at(percent: int, status: str | None = "in_progress") -> Progress:
    return Progress(counts=Counts(pending=100 - percent, completed=percent), status=status)


def failed(outcome: str, seconds: float | None, as_of: datetime | None = NOON) -> Reading[None]:
    next_try = None if seconds is None else NOON + timedelta(seconds=seconds)
    failure = Failure(outcome=outcome, message="", since=NOON)
    return Reading(data=None, payload=None, as_of=as_of, failure=failure, next_try=next_try)


def test_a_batch_is_looked_at_more_often_near_its_end():
    paces = [pace.of_batch(at(percent)) for percent in (0, 49, 50, 89, 90, 99)]

    assert paces == [15, 15, 10, 10, 5, 5]


@pytest.mark.parametrize("status", ["completed", "cancelled", "canceled"])
def test_a_batch_that_is_over_is_not_looked_at(status: str):
    assert pace.of_batch(at(100, status)) is None


@pytest.mark.parametrize("status", ["staging", "paused", "quarantined", None])
def test_a_batch_that_nobody_works_on_is_looked_at_slowly(status: str | None):
    assert pace.of_batch(at(95, status)) == 15


def test_a_batch_whose_progress_is_unknown_is_looked_at_at_a_middling_pace():
    assert pace.of_batch(Progress(counts=Counts(), status="in_progress")) == 10


def test_a_list_is_looked_at_slowly_where_all_is_over_as_new_batches_may_come():
    assert pace.of_list(["completed", "cancelled"]) == 60
    assert pace.of_list([]) == 30
    assert pace.of_list(["completed", "in_progress"]) == 10


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [(-5, 10), (0.2, 10), (7.2, 10), (10.2, 11), (40, 40), (300, 60), (None, 60)],
)
def test_after_a_failure_the_next_look_waits_for_the_next_try(seconds: float | None, wait: int):
    assert pace.after(failed("no_answer", seconds), 10, NOON) == wait


@pytest.mark.parametrize(("usual", "wait"), [(2, 5), (5, 5), (15, 15), (30, 30), (None, 5)])
def test_after_a_failure_nobody_looks_more_often_than_before(usual: int | None, wait: int):
    assert pace.after(failed("no_answer", 0.2), usual, NOON) == wait


@pytest.mark.parametrize(("seconds", "wait"), [(0.2, 5), (7.2, 8), (40, 40)])
def test_what_was_never_read_is_looked_for_at_each_try(seconds: float, wait: int):
    unread = failed("no_answer", seconds, as_of=None)

    assert pace.after(unread, pace.of_list([]), NOON) == wait


@pytest.mark.parametrize("usual", [5, 10, None])
def test_with_a_refused_key_a_page_looks_slowly_whether_that_has_ended(usual: int | None):
    assert pace.after(failed("key_refused", 5), usual, NOON) == pace.REFUSED


def test_while_all_is_well_the_pace_is_kept():
    well: Reading[None] = Reading(data=None, payload=None, as_of=NOON, failure=None, next_try=None)

    assert pace.after(well, 10, NOON) == 10
    assert pace.after(well, None, NOON) is None
