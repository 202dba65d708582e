"""Samples: at most one a minute and batch, and none that says more than an answer said."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from batches.models import ProjectQuarter, Sample, SeenBatch
from batches.models.names import name_digest
from batches.refonte import Counts
from batches.services.keys.types import KeyHandle
from batches.services.observations.quarters import QUARTER
from batches.services.observations.record import record
from batches.services.observations.series import samples_of
from batches.services.observations.sighting import Sighting
from tests.support.clock import NOON

NAME, PRINT = "kitten-07", "0123456789abcdef"
START = int(NOON.timestamp())
ALL = {"since": NOON - timedelta(days=9), "until": NOON + timedelta(days=9)}


def see(seconds: float, completed: int | None = None, **facts: Any) -> None:
    """One answer, so many seconds past noon; without `completed` it holds no counts."""
    counts = Counts(pending=900 - completed, completed=completed) if completed is not None else None
    facts = {"status": "in_progress", "project": "kittens", "counts": counts} | facts
    at = NOON + timedelta(seconds=seconds)
    record(fingerprint=PRINT, sightings=[Sighting(name=NAME, **facts)], at=at)


def kept() -> list[tuple[int, int | None]]:
    """Seconds past noon, and tasks completed by then."""
    found = samples_of(fingerprints=[PRINT], name=NAME, **ALL)
    return [(one.at - START, one.completed) for one in found]


def test_a_change_is_kept_and_the_last_of_a_minute_stays(db: None):
    for seconds, completed in ((0, 1), (61, 2), (75, 3), (119, 4), (120, 5)):
        see(seconds, completed)
    assert kept() == [(0, 1), (119, 4), (120, 5)]


def test_what_does_not_change_is_kept_every_fifteen_minutes(db: None):
    for minute in range(40):
        see(minute * 60, 7)
    assert kept() == [(0, 7), (900, 7), (1800, 7)]


def test_an_unchanged_finished_batch_is_kept_once(db: None):
    for minute in range(0, 60, 5):
        see(minute * 60, 900, status="completed")
    assert kept() == [(0, 900)]


def test_an_answer_without_counts_keeps_nothing(db: None):
    see(0, 3)
    see(120, status="completed")
    see(180, counts=Counts())
    assert kept() == [(0, 3)]


def test_an_older_answer_keeps_nothing(db: None):
    see(600, 5)
    see(300, 4)
    assert kept() == [(600, 5)]


def test_every_count_and_an_unknown_status_are_kept(db: None):
    counts = Counts.parse({"completed": 1, "canceled": 2, "tasks_in_review": 4, "tasks_total": 9})
    see(0, counts=counts, status="on_hold")
    [sample] = samples_of(fingerprints=[PRINT], name=NAME, **ALL)
    assert (sample.status, sample.pending, sample.cancelled, sample.total) == (0, None, 2, 7)
    assert sample.other == {"tasks_in_review": 4, "tasks_total": 9, "status": "on_hold"}


def test_a_cancelled_batch_is_kept_once_too(db: None):
    for minute in range(0, 60, 5):
        see(minute * 60, 30, status="cancelled")
    assert kept() == [(0, 30)]


def test_samples_of_a_replaced_key_are_in_order_with_those_of_its_successor(db: None):
    for second, fingerprint in enumerate([PRINT, "f" * 16] * 3):
        counts = Counts(pending=1, completed=second)
        at = NOON + timedelta(minutes=second)
        sighting = Sighting(name=NAME, status="in_progress", counts=counts)
        record(fingerprint=fingerprint, sightings=[sighting], at=at)
    found = samples_of(fingerprints=["f" * 16, PRINT], name=NAME, **ALL)
    assert [one.completed for one in found] == [0, 1, 2, 3, 4, 5]


def test_another_key_has_samples_of_its_own(db: None):
    see(0, 3)
    assert samples_of(fingerprints=["f" * 16], name=NAME, **ALL) == ()
    assert samples_of(fingerprints=["f" * 16, PRINT], name=NAME, **ALL)


def test_an_answer_costs_two_statements_more_where_it_changes_counts(
    django_assert_num_queries: Any, db: None
):
    see(0, 3)
    see(60, 3)
    with django_assert_num_queries(4):  # savepoint, rows, ages, savepoint
        see(120, 3)
    with django_assert_num_queries(6):
        see(180, 4)


# Sums of a project


def sums(quarter: int) -> tuple[int, ...]:
    """Of the quarter of an hour that begins so many after noon."""
    row = ProjectQuarter.objects.filter(
        fingerprint=PRINT, project=name_digest("kittens"), quarter=START // QUARTER + quarter
    ).first()
    return (row.completed, row.errors, row.watched, row.gap_completed) if row else (0, 0, 0, 0)


def test_work_is_added_to_the_quarter_in_which_it_was_done(db: None):
    see(0, 0)
    see(300, 10)
    see(600, 25)
    assert sums(0) == (25, 0, 600, 0)


def test_a_step_over_a_quarter_is_divided_by_time(db: None):
    see(600, 0)
    see(1200, 11)
    assert (sums(0), sums(1)) == ((5, 0, 300, 0), (6, 0, 300, 0))


def test_work_that_was_looked_for_belongs_to_no_gap_though_its_samples_are_far_apart(db: None):
    for minute, completed in ((0, 0), (7, 0), (14, 0), (21, 50), (28, 60)):
        see(minute * 60, completed)

    assert sum(sums(quarter)[3] for quarter in range(3)) == 0
    assert sum(sums(quarter)[0] for quarter in range(3)) == 60
    assert sum(sums(quarter)[2] for quarter in range(3)) == 28 * 60


def test_work_over_a_gap_belongs_to_no_quarter(db: None):
    see(0, 0)
    see(3600, 500)
    see(3660, 501)
    assert [sums(quarter)[:3] for quarter in range(4)] == [(0, 0, 0)] * 4
    assert sums(4) == (1, 0, 60, 500)


def test_two_answers_within_a_second_leave_no_work_out(db: None):
    see(0, 0)
    see(60.2, 0)
    see(60.7, 5)
    see(60.9, 7)
    see(120, 8)
    assert sums(0) == (8, 0, 120, 0)


def test_work_while_the_clock_was_set_back_stands_apart(db: None):
    see(7200, 10)
    see(0, 17)  # two hours earlier by the clock, and later by any other
    see(60, 18)
    assert sums(0) == (1, 0, 60, 7)


def test_a_count_that_falls_and_rises_again_is_no_work(db: None):
    for seconds, completed in ((0, 40), (60, 30), (120, 40)):
        see(seconds, completed)
    assert sums(0) == (0, 0, 120, 0)


def test_errors_are_summed_apart(db: None):
    see(0, counts=Counts(pending=9, completed=0, error=0))
    see(60, counts=Counts(pending=5, completed=1, error=3))
    assert sums(0) == (1, 3, 60, 0)


number = st.none() | st.integers(0, 2**63 - 1) | st.integers(0, 50)
answer = st.tuples(
    st.integers(-10_000, 100_000),
    st.dictionaries(
        st.sampled_from(["pending", "completed", "error", "canceled", "tasks_\0x", "tasks_y"]),
        number,
    ),
    st.sampled_from(["staging", "in_progress", "completed", "new\0", "x" * 99, None]),
    st.sampled_from(["kittens", "p\0", None]),
)


class AnyAnswers(TestCase):
    """Clocks set back, counts that fall, keys that appear, NUL, huge numbers."""

    @given(st.lists(answer, max_size=12))
    def test_leave_samples_in_order_that_can_be_read(self, answers: list[Any]) -> None:
        SeenBatch.objects.all().delete()
        Sample.objects.all().delete()
        for seconds, row, status, project in answers:
            see(seconds, counts=Counts.parse(row), status=status, project=project)
        found = samples_of(fingerprints=[PRINT], name=NAME, **ALL)
        assert all(a.at // 60 < b.at // 60 for a, b in pairwise(found))
        assert len(found) <= len(answers)


def test_keys_of_people_are_not_needed_for_it(key: KeyHandle):
    """A sample belongs to the fingerprint: people who share a key share its samples."""
    at = NOON
    sighting = Sighting(name=NAME, status="staging", counts=Counts(completed=0, pending=1))
    for _ in range(3):
        record(fingerprint=key.fingerprint, sightings=[sighting], at=at)
    assert Sample.objects.count() == 1
