"""Batches seen: written when an answer brings news, once, and never on a guess."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError

from batches.models import SeenBatch, StatusChange
from batches.refonte import Batch, BatchStatus, Counts
from batches.services.batches.facts import join_facts
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record, record_answers
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting
from tests.support.clock import NOON
from tests.support.reads import run_together
from tests.support.vendor import KeyMaker

NAME = "kitten-07"


def see(key: KeyHandle, minutes: float = 0, **facts: object) -> SeenBatch:
    """One sighting of the kittens, so many minutes past noon."""
    sighting = Sighting(name=NAME, **facts)  # type: ignore[arg-type]  # as the test says
    return record(
        fingerprint=key.fingerprint, sightings=[sighting], at=NOON + timedelta(minutes=minutes)
    )[NAME]


def changes() -> list[tuple[str, str]]:
    return [(change.before, change.after) for change in StatusChange.objects.order_by("at")]


def words() -> list[str]:
    return [change.message for change in StatusChange.objects.order_by("at")]


def counts(pending: int, completed: int, **more: int) -> Counts:
    return Counts(pending=pending, completed=completed, **more)  # type: ignore[arg-type]  # as above


def test_a_batch_is_kept_as_it_was_last_seen(key: KeyHandle):
    see(key, project="kittens", status="staging", created_at=NOON)
    see(key, 1, status="in_progress", counts=counts(3, 4))

    row = find_seen(fingerprint=key.fingerprint, names=[NAME])[NAME]

    assert (row.project, row.status, row.created_at) == ("kittens", "in_progress", NOON)
    assert row.counts == {"pending": 3, "completed": 4}
    assert row.counts_at == row.seen_at == NOON + timedelta(minutes=1)


def test_nobody_finds_what_was_seen_with_another_key(key: KeyHandle, bob: User, key_for: KeyMaker):
    see(key, status="staging")

    assert not find_seen(fingerprint=key_for(bob, mode="test").fingerprint, names=[NAME])


def test_a_change_of_status_is_told_once(key: KeyHandle):
    for minutes, status in enumerate(("staging", "staging", "in_progress", "in_progress")):
        see(key, minutes, status=status)

    assert changes() == [("staging", "in_progress")]
    assert StatusChange.objects.get().at == NOON + timedelta(minutes=2)


def test_an_answer_without_a_status_is_no_change(key: KeyHandle):
    see(key, 0, status="staging")
    see(key, 1, counts=counts(3, 0))
    see(key, 2, status="staging")

    assert changes() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_that_six_answers_tell_at_once_is_told_once(alice: User, key_for: KeyMaker):
    key = key_for(alice)
    see(key, status="staging")

    run_together(6, lambda: see(key, 1, status="in_progress"))

    assert changes() == [("staging", "in_progress")]


def test_an_answer_that_came_late_does_not_overwrite_a_newer_one(key: KeyHandle):
    see(key, 5, status="completed", counts=counts(0, 7))

    row = see(key, 4, status="in_progress", counts=counts(3, 4))

    assert row.status == "completed"
    assert changes() == []


def test_an_older_answer_still_tells_what_no_newer_one_did(key: KeyHandle):
    see(key, 5, status="completed")

    row = see(key, 4, project="kittens", status="in_progress", counts=counts(3, 4))

    assert (row.status, row.status_at) == ("completed", NOON + timedelta(minutes=5))
    assert (row.counts, row.counts_at) == (
        {"pending": 3, "completed": 4},
        NOON + timedelta(minutes=4),
    )
    assert (row.project, row.seen_at) == ("kittens", NOON + timedelta(minutes=5))
    assert changes() == []


def test_answers_of_one_request_count_in_the_order_of_their_times(key: KeyHandle):
    later, earlier = NOON + timedelta(seconds=2), NOON + timedelta(seconds=1)
    answers = [
        (later, [Sighting(name=NAME, status="completed")]),
        (earlier, [Sighting(name=NAME, status="in_progress")]),
        (NOON, [Sighting.of_absence(NAME)]),
    ]

    row = record_answers(fingerprint=key.fingerprint, answers=answers)[NAME]

    assert (row.status, row.seen_at, row.absent_at) == ("completed", later, None)
    assert changes() == [("in_progress", "completed")]


@pytest.mark.parametrize(("minutes", "is_absent"), [(-1, False), (0, False), (1, True)])
def test_that_there_is_no_such_batch_counts_where_it_was_said_last(
    minutes: int, is_absent: bool, key: KeyHandle
):
    see(key, status="staging")
    at = NOON + timedelta(minutes=minutes)

    absence = [Sighting.of_absence(NAME)]
    row = record(fingerprint=key.fingerprint, sightings=absence, at=at)[NAME]

    assert row.absent_at == (at if is_absent else None)
    assert (row.seen_at, row.status) == (NOON, "staging")


@pytest.mark.django_db(transaction=True)
def test_many_who_record_the_same_batches_in_other_orders_wait_for_each_other_and_all_end(
    alice: User, key_for: KeyMaker
):
    key, names = key_for(alice), [f"kitten-{number:02}" for number in range(40)]
    turns = count()

    def record_all() -> None:
        turn = next(turns)
        for step in range(3):
            order = names if (turn + step) % 2 else names[::-1]
            at = NOON + timedelta(seconds=6 * step + turn)
            seen = [Sighting(name=n, status="staging", counts=counts(at.second, 0)) for n in order]
            record(fingerprint=key.fingerprint, sightings=seen, at=at)

    run_together(6, record_all)

    rows = SeenBatch.objects.all()
    last = NOON + timedelta(seconds=17)
    assert {(row.counts_at, row.counts["pending"]) for row in rows if row.counts} == {(last, 17)}
    assert len(rows) == len(names)


def test_a_total_that_fell_is_said_in_words(key: KeyHandle):
    see(key, 0, status="in_progress", counts=counts(900, 1000))
    see(key, 1, counts=counts(300, 1000))

    assert words() == ["The total fell from 1,900 to 1,300 tasks"]


def test_completed_tasks_that_came_back_are_said_in_words(key: KeyHandle):
    see(key, 0, status="in_progress", counts=counts(10, 90))
    see(key, 1, counts=counts(40, 60))

    assert words() == ["Completed fell from 90 to 60 tasks"]


def test_a_count_that_is_missing_for_once_did_not_fall(key: KeyHandle):
    see(key, 0, status="in_progress", counts=counts(10, 90))
    see(key, 1, counts=Counts(completed=90))
    see(key, 2, counts=counts(10, 90))

    assert words() == []


def test_growth_is_dated_for_those_who_want_to_finalize(key: KeyHandle):
    see(key, 0, status="staging", counts=counts(10, 0))
    assert see(key, 1, counts=counts(10, 0)).grew_at is None

    row = see(key, 2, counts=counts(12, 0))

    assert row.grew_at == NOON + timedelta(minutes=2)


def test_a_status_without_counts_is_remembered_as_having_none(key: KeyHandle):
    told = Sighting.of_status(NAME, BatchStatus(status="staging"))
    row = record(fingerprint=key.fingerprint, sightings=[told], at=NOON)[NAME]

    assert (row.counts, row.counts_at) == ({}, NOON)


def test_counts_once_known_outlive_an_answer_without_any(key: KeyHandle):
    see(key, 0, counts=counts(3, 4))

    row = see(key, 1, counts=Counts())

    assert row.counts == {"pending": 3, "completed": 4}
    assert row.counts_at == NOON


def test_a_list_without_counts_leaves_them_as_they_were(key: KeyHandle):
    see(key, 0, counts=counts(3, 4))
    listed = Sighting.of_batch(Batch(name=NAME, status="in_progress"))

    row = record(fingerprint=key.fingerprint, sightings=[listed], at=NOON + timedelta(seconds=10))[
        NAME
    ]

    assert row.counts_at == NOON


def test_what_is_seen_again_unchanged_is_as_old_as_its_last_answer(
    key: KeyHandle, django_assert_max_num_queries: Any
):
    """Every page tells the same age. A begin, a look, one statement for all rows, a commit; first a
    sample as well.
    """
    for minutes, most in ((0, 5), (0.5, 4), (1, 4)):
        with django_assert_max_num_queries(most):
            see(key, minutes, status="staging", counts=counts(3, 0))

        row = SeenBatch.objects.get()
        at = NOON + timedelta(minutes=minutes)
        assert (row.seen_at, row.status_at, row.counts_at) == (at, at, at)


def test_a_page_of_a_hundred_costs_as_many_queries_as_one_of_five(
    key: KeyHandle, django_assert_max_num_queries: Any
):
    """A begin, a look, an insert, a commit; SQLite takes the hundred in two parts."""
    for size in (5, 100):
        sightings = [Sighting(name=f"{size}-{i}", status="staging") for i in range(size)]
        with django_assert_max_num_queries(5):
            record(fingerprint=key.fingerprint, sightings=sightings, at=NOON)


@pytest.mark.parametrize("name", ["nul\0", "n" * 1025])
def test_names_that_no_database_holds_are_left_out(name: str, key: KeyHandle):
    sightings = [Sighting(name=name, status="staging"), Sighting(name="plain")]

    assert record(fingerprint=key.fingerprint, sightings=sightings, at=NOON).keys() == {"plain"}
    assert not find_seen(fingerprint=key.fingerprint, names=[name])


def test_facts_that_no_database_holds_are_kept_as_far_as_they_go(key: KeyHandle):
    row = see(
        key,
        project="a\0b" + "c" * 2000,
        status="sta\0ging" + "x" * 100,
        counts=Counts(pending=1, other={"tasks_\0": 2}),
    )
    row.refresh_from_db()

    assert row.project == "ab" + "c" * 1022
    assert row.status == "staging" + "x" * 53
    assert row.counts == {"pending": 1, "tasks_": 2}


def test_reads_work_while_the_database_cannot_be_written(
    key: KeyHandle, monkeypatch: pytest.MonkeyPatch
):
    def full(*args: object, **options: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(SeenBatch.objects, "bulk_create", full)

    assert see(key, status="staging").status == "staging"
    assert not SeenBatch.objects.exists()


def test_a_sum_of_refontes_own_is_replaced_by_the_next_one(key: KeyHandle):
    see(key, counts=Counts.parse({"tasks_total": 10}))

    row = see(key, 1, counts=Counts.parse({"tasks_total": 12}))

    assert (row.counts, row.counts_at) == ({"tasks_total": 12}, NOON + timedelta(minutes=1))


def test_a_sum_of_refontes_own_is_no_count_that_hides_an_older_one(key: KeyHandle):
    row = see(key, counts=Counts.parse({"tasks_total": 10}))
    older = Sighting(name=NAME, counts=counts(pending=1, completed=2))

    facts = join_facts(NAME, answers=[(NOON - timedelta(minutes=1), older)], seen=row)

    assert facts.counts.total == 3
