"""The background takes what people leave of a minute's calls, and a little in any case."""

from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone

from batches.models import Bulk, BulkState, CallMinute, CallUse, Verb
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.background import budget, reservations
from batches.services.keys.types import KeyHandle
from tests.support.background import list_calls, run_worker, watched
from tests.support.batch_lists import add, first_page
from tests.support.operations import create
from tests.support.reads import run_together
from tests.support.vendor import KeyMaker

__all__ = ["watched"]
KEY = "f" * 16


@pytest.fixture(autouse=True)
def limit(settings: Any) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 20


def places(most: int = 100, use: CallUse = CallUse.WALK) -> int:
    return sum(budget.reserve_call(fingerprint=KEY, use=use) for _ in range(most))


def people_call(times: int) -> None:
    for _ in range(times):
        budget.count_call(fingerprint=KEY)
    budget.flush_counted_calls()


@pytest.mark.parametrize(("people", "left"), [(0, 20), (5, 15), (14, 6), (20, 6), (500, 6)])
def test_the_background_has_what_people_leave_and_at_least_six(
    people: int, left: int, db: None, clock: time_machine.Traveller
) -> None:
    people_call(people)

    assert places() == left


def test_people_who_come_later_take_from_what_is_left(
    db: None, clock: time_machine.Traveller
) -> None:
    assert places(10) == 10
    people_call(8)

    assert places() == 2


def test_each_minute_and_each_key_has_its_own(db: None, clock: time_machine.Traveller) -> None:
    assert places() == 20
    assert budget.reserve_call(fingerprint="another", use=CallUse.WALK)
    clock.shift(60)

    assert places() == 20


@pytest.mark.parametrize(("people", "watched"), [(0, 17), (5, 12), (500, 3)])
def test_the_watcher_leaves_three_calls_to_the_others(
    people: int, watched: int, db: None, clock: time_machine.Traveller
) -> None:
    people_call(people)

    assert places(use=CallUse.WATCHER) == watched
    assert places(use=CallUse.WALK) == 3


def test_each_use_is_counted_apart_and_all_together(
    db: None, clock: time_machine.Traveller, django_assert_num_queries: Any
) -> None:
    for number, use in enumerate(CallUse, start=1):
        assert places(number, use) == number
    with django_assert_num_queries(2):
        places(1)

    [row] = CallMinute.objects.all()
    counted = [getattr(row, use) for use in CallUse]
    assert counted == [1, 3, 3, 4]
    assert row.background == sum(counted)


def test_refusals_are_counted_beside_the_calls_that_met_them(
    alice: User, key_for: KeyMaker, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    key = key_for(alice)
    refonte.fault("status", match="GET *", code=429, headers={"Retry-After": "5"}, times=1)
    first_page(key)
    clock.shift(30)
    refonte.refuse_key(LIVE_KEY)
    first_page(key)
    budget.flush_counted_calls()

    [row] = CallMinute.objects.all()
    assert row.throttled == 1
    assert row.refused >= 1
    assert row.people == len(refonte.calls)


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_want_the_last_places_no_more_get_one_than_there_are() -> None:
    with time_machine.travel(timezone.now().replace(second=5), tick=False):
        got = run_together(5, lambda: places(10))

    assert (len(got), sum(got)) == (5, 20)


def test_a_walk_makes_no_more_calls_than_there_are_places(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *(f"kitten-{number:05}" for number in range(3_000)))

    run_worker(clock, seconds=60)

    assert list_calls(refonte) == 20
    assert CallMinute.objects.get().background == 20


def test_every_call_for_a_person_is_counted_and_none_is_delayed(
    alice: User, key_for: KeyMaker, refonte: Sandbox, settings: Any, clock: time_machine.Traveller
) -> None:
    key = key_for(alice)
    refonte.add_project("kittens")
    for _ in range(12):
        first_page(key)
        clock.shift(6)
    create(alice, key)

    budget.flush_counted_calls()

    counted = sum(row.people for row in CallMinute.objects.all())
    assert counted == len(refonte.calls)
    assert counted > 12


def test_what_could_not_be_added_is_added_later(
    db: None, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as locked:
        locked.setattr(budget, "_add", fail)
        people_call(3)
    assert not CallMinute.objects.exists()

    budget.flush_counted_calls()

    assert CallMinute.objects.get().people == 3


def test_minutes_long_past_are_dropped(db: None, clock: time_machine.Traveller) -> None:
    people_call(1)
    clock.shift(timedelta(hours=2))
    people_call(1)

    budget.prune(now=timezone.now())

    assert CallMinute.objects.get().minute > timezone.now() - timedelta(minutes=2)


def test_a_process_that_serves_people_adds_their_calls_by_itself(
    db: None, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> None:
        if len(waits) == 2:
            raise SystemExit
        waits.append(seconds)
        budget.count_call(fingerprint=KEY)

    monkeypatch.setattr(budget, "time", mock.Mock(sleep=wait))
    monkeypatch.setattr(budget, "close_old_connections", lambda: None)
    with pytest.raises(SystemExit):
        budget._flush_forever()

    assert waits == [budget.FLUSH_SECONDS] * 2
    assert CallMinute.objects.get().people == 2


@pytest.fixture
def bulk(db: None) -> Bulk:
    """With rows left for the key."""
    return Bulk.objects.create(
        form_id=uuid4(),
        fingerprint=KEY,
        verb=Verb.FINALIZE,
        state=BulkState.RUNNING,
        created_at=timezone.now(),
        next_at=timezone.now(),
    )


@pytest.mark.parametrize(("people", "left"), [(0, 17), (5, 12), (500, 3)])
@pytest.mark.parametrize("first", ["bulk", "others"])
def test_a_bulk_goes_first_and_leaves_three_calls_to_what_is_only_read(
    first: str, people: int, left: int, bulk: Bulk, clock: time_machine.Traveller
) -> None:
    people_call(people)

    taken = {}
    for use in (CallUse.BULK, CallUse.WATCHER)[:: 1 if first == "bulk" else -1]:
        taken[use] = places(use=use)
    assert taken == {CallUse.BULK: left, CallUse.WATCHER: 3}
    assert places(use=CallUse.WALK) == 0


def test_a_bulk_that_waits_for_a_person_takes_nothing_from_the_others(
    bulk: Bulk, clock: time_machine.Traveller
) -> None:
    Bulk.objects.update(state=BulkState.PLANNED, next_at=None)

    assert places() == 20


def test_all_calls_of_a_row_are_reserved_or_none(db: None, clock: time_machine.Traveller) -> None:
    reserved = [reservations.reserve(fingerprint=KEY, use=CallUse.BULK, calls=3) for _ in range(7)]
    assert [bool(one) for one in reserved] == [True] * 5 + [False] * 2
    row = CallMinute.objects.get()
    assert (row.bulk, row.background) == (15, 15)

    assert reserved[0]
    reserved[0].take()
    reserved[0].give_back()
    row.refresh_from_db()
    assert (row.bulk, row.background) == (13, 13)


def test_a_row_that_goes_on_into_the_next_minute_is_counted_there(
    db: None, clock: time_machine.Traveller
) -> None:
    reserved = reservations.reserve(fingerprint=KEY, use=CallUse.BULK, calls=3)
    assert reserved
    reserved.take()
    clock.shift(60)
    reserved.take()
    reserved.give_back()
    later = CallMinute.objects.order_by("minute").last()
    assert later
    assert (later.bulk, later.background) == (1, 1)


def test_one_call_more_is_made_where_it_is_left(db: None, clock: time_machine.Traveller) -> None:
    reserved = reservations.reserve(fingerprint=KEY, use=CallUse.BULK, calls=1)
    assert reserved
    reserved.take()
    assert reserved.can_take()
    reserved.take()
    places(use=CallUse.BULK)
    assert not reserved.can_take()
    # a write needs its reads: what is made all the same is counted
    reserved.take()
    assert CallMinute.objects.get().bulk == 18
