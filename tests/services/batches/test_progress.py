"""How far a batch is: what is unknown is not 0, and nothing is done before it is done."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import Counts
from batches.services.batches.progress import Progress


def progress(status: str | None = "in_progress", **counts: Any) -> Progress:
    return Progress(counts=Counts(**counts), status=status)


def test_nothing_read_is_unknown_and_not_zero():
    nothing = progress()

    assert not nothing.known
    assert nothing.percent is None
    assert (nothing.completed_text, nothing.total_text) == ("unknown", "unknown")
    assert (nothing.settled_width, nothing.percent_text) == ("0", "")
    assert nothing.words == "not read yet"


def test_a_whole_answer_gives_done_total_and_per_cent():
    some = progress(pending=488, completed=412, error=0, canceled=0)

    assert (some.completed_text, some.total_text, some.percent_text) == ("412", "900", "45 %")
    assert some.words == "412 of 900 completed, 45 % finished"


def test_what_is_finished_besides_the_completed_is_named():
    some = progress(pending=53, completed=10, error=35, canceled=2)

    assert some.finished_text == "47 % finished, 35 errors, 2 cancelled"
    assert some.words == "10 of 100 completed, 47 % finished, 35 errors, 2 cancelled"
    assert progress(pending=5, completed=5).finished_text == "50 % finished"
    assert progress(error=1).finished_text == "1 error"


def test_a_batch_in_staging_says_how_many_tasks_it_holds():
    counts = Counts(pending=5019, completed=0)

    assert Progress(counts=counts, status="staging").is_unstarted
    assert Progress(counts=counts, status="staging").tasks_text == "5,019 tasks"
    assert Progress(counts=Counts(pending=1, completed=0), status="staging").tasks_text == "1 task"
    assert not Progress(counts=counts, status="in_progress").is_unstarted
    assert not Progress(counts=Counts(pending=9, completed=1), status="staging").is_unstarted


def test_thousands_stand_apart():
    assert progress(pending=3000, completed=1234).words == "1,234 of 4,234 completed, 29 % finished"


def test_the_per_cent_is_of_what_is_settled_and_errors_are_a_segment():
    some = progress(pending=50, completed=30, error=15, canceled=5)

    assert some.percent == 50
    assert (some.settled_width, some.error_width) == ("50.00", "15.00")


def test_counts_of_unknown_kinds_are_part_of_the_total():
    counts = Counts(pending=1, completed=1, other={"tasks_in_review": 2})

    assert Progress(counts=counts, status="in_progress").percent == 25


def test_without_the_pending_the_total_is_at_least_and_the_per_cent_unknown():
    some = progress(completed=412)

    assert (some.completed_text, some.total_text) == ("412", "at least 412")
    assert some.percent is None
    assert some.settled_width == "0"
    assert some.words == "412 of at least 412 completed"


def test_without_the_completed_they_are_unknown_and_so_is_the_per_cent():
    some = progress(pending=10, error=2)

    assert (some.completed_text, some.total_text) == ("unknown", "at least 12")
    assert some.percent_text == ""


@pytest.mark.parametrize(
    ("completed", "total", "words"),
    [
        (0, 900, "0 %"),
        (8, 900, "0 %"),
        (9, 900, "1 %"),
        (98_99, 100_00, "98 %"),
        (99_00, 100_00, "99 %"),
        (99_49, 100_00, "99.4 %"),
        (99_99, 100_00, "99.9 %"),
        (100_00, 100_00, "all done"),
        (999_999, 1_000_000, "99.9 %"),
    ],
)
def test_the_per_cent_is_rounded_down_with_a_decimal_near_the_end(
    completed: int, total: int, words: str
):
    assert progress(pending=total - completed, completed=completed).percent_text == words


def test_all_settled_is_not_done_before_the_status_says_so():
    counts = {"pending": 0, "completed": 900}

    assert progress("in_progress", **counts).percent == Decimal("99.9")
    assert progress("in_progress", **counts).percent_text == "all done"
    assert progress("in_progress", **counts, error=2).finished_text == (
        "all tasks done, not closed yet, 2 errors"
    )
    assert progress("in_progress", **counts).settled_width == "99.90"
    assert progress("completed", **counts).percent_text == "100 %"
    assert progress("completed", **counts).settled_width == "100.00"


def test_completed_with_tasks_pending_is_not_a_hundred():
    assert progress("completed", pending=1, completed=999).percent_text == "99.9 %"


def test_completed_with_errors_is_a_hundred():
    some = progress("completed", pending=0, completed=880, error=20)

    assert (some.percent_text, some.error_width) == ("100 %", "2.22")


def test_a_completed_batch_that_tells_only_what_is_completed_is_done():
    assert progress("completed", completed=900).percent_text == "100 %"


def test_an_empty_batch_is_at_zero():
    assert progress("staging", pending=0, completed=0).percent_text == "0 %"
    assert progress("staging", pending=0, completed=0).settled_width == "0"


def test_read_and_not_told_is_said_otherwise_than_not_read():
    told_nothing = Progress(counts=Counts(), status="staging", is_read=True)

    assert told_nothing.words == "Refonte does not say"


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("completed", "good"),
        ("staging", "progress"),
        ("in_progress", "progress"),
        (None, "progress"),
    ],
)
def test_the_bar_takes_the_colour_of_the_status(status: str | None, tone: str):
    assert progress(status).tone == tone


COUNT = st.none() | st.integers(0, 2**53)


@given(
    status=st.sampled_from(["staging", "in_progress", "completed", "quarantined", None]),
    counts=st.fixed_dictionaries(
        dict.fromkeys(("pending", "completed", "error", "canceled"), COUNT)
    ),
)
def test_only_a_completed_batch_is_ever_at_a_hundred(status: str | None, counts: dict[str, Any]):
    some = Progress(counts=Counts(**counts), status=status)

    assert some.percent is None or Decimal(0) <= some.percent <= 100
    assert 0 <= float(some.error_width) <= max(100.0, float(some.settled_width))
    if some.percent == 100:
        assert status == "completed"


def test_what_failed_is_said_beside_a_full_per_cent():
    done = Counts(pending=0, completed=849, error=1, canceled=72)

    full = Progress(counts=done, status="completed")

    assert full.percent_text == "100 %"
    assert full.failed_text == "1 error, 72 cancelled"
    assert progress(pending=1, completed=2).failed_text == ""
