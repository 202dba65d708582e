"""A plan is recorded once, confirmed once, and only as the page showed it, with its own key."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone

from batches.models import ApiKey, Bulk, BulkRow, BulkState, Operation, PlanGroup, State, Verb
from batches.services.bulks import after_restore, confirm, control, plan, prune, read, work
from batches.services.bulks.errors import (
    NotEnded,
    NothingToDo,
    NotPlanned,
    NotYours,
    OtherKey,
    PlanChanged,
    PlanOld,
    TooManyRows,
)
from batches.services.bulks.types import CreateRow, RowOutcome
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import ViewerKey
from batches.services.operations.errors import CannotRecord, FormReused, KeyGone, NoSuchRow
from tests.support.bulk_work import names_of, plan_of
from tests.support.operations import unsaved_operation
from tests.support.vendor import KeyMaker

Clock = time_machine.Traveller
OTHERS = (PlanGroup.LOOK_FIRST, PlanGroup.SKIPPED, PlanGroup.IMPOSSIBLE)


@pytest.fixture
def key(key_for: KeyMaker, alice: User) -> ViewerKey:
    return key_for(alice)


@pytest.fixture
def bulk(alice: User, key: ViewerKey) -> Bulk:
    """Six rows, as if they had been read: three are ticked."""
    made = plan_of(alice, key, names_of(6))
    made.rows.update(group=PlanGroup.WILL_DO, is_ticked=True, status="staging", total=3)
    for position, group in enumerate(OTHERS):
        made.rows.filter(position=position).update(group=group, is_ticked=False)
    now = timezone.now()
    Bulk.objects.update(state=BulkState.PLANNED, read_until=now, next_at=None, rows_ticked=3)
    made.refresh_from_db()
    return made


def confirmed(alice: User, key: ViewerKey, bulk: Bulk, **more: Any) -> Bulk:
    asked = {"stamp": plan.stamp_of(bulk), "reason": ""} | more
    return confirm.confirm_bulk(user=alice, key=key, bulk=bulk, **asked)


def ended(alice: User, key: ViewerKey, bulk: Bulk, *states: State) -> None:
    """The ticked rows with these outcomes."""
    for row, state in zip(bulk.rows.filter(is_ticked=True), states, strict=False):
        now = timezone.now()
        unsaved_operation(
            alice,
            key,
            bulk=bulk,
            bulk_row=row,
            verb=Verb.PRIORITIZE,
            batch_name=row.name,
            parameters={"priority": 25},
            state=state,
            created_at=now,
        ).save()
    Bulk.objects.update(state=BulkState.FINISHED)
    bulk.refresh_from_db()


def test_a_form_plans_once(alice: User, key: ViewerKey) -> None:
    form_id = uuid4()
    first = plan_of(alice, key, ["a", "b", "a"], form_id=form_id)
    assert plan_of(alice, key, ["a", "b", "a"], form_id=form_id) == first
    assert (first.state, first.rows_chosen, BulkRow.objects.count()) == (BulkState.READING, 2, 2)
    with pytest.raises(FormReused):
        plan_of(alice, key, ["a"], form_id=form_id)
    with pytest.raises(FormReused):
        plan_of(alice, key, ["a", "b"], form_id=form_id, verb=Verb.FINALIZE)


def test_a_double_click_plans_once(
    alice: User, key: ViewerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_id = uuid4()
    first = plan_of(alice, key, ["a"], form_id=form_id)
    # the second request looks before the first one has committed
    monkeypatch.setattr(plan, "_recorded_before", _blind_once(plan._recorded_before))
    assert plan_of(alice, key, ["a"], form_id=form_id) == first


def _blind_once(found: Callable[..., Any]) -> Callable[..., Any]:
    calls: list[int] = []

    def look(*values: Any) -> Any:
        calls.append(1)
        return None if len(calls) == 1 else found(*values)

    return look


def test_what_cannot_be_planned_is_refused(alice: User, bob: User, key: ViewerKey) -> None:
    with pytest.raises(NothingToDo):
        plan_of(alice, key, [])
    with pytest.raises(TooManyRows):
        plan_of(alice, key, names_of(1_001))
    with pytest.raises(NoSuchRow):
        plan_of(alice, key, ["a\0b"])
    with pytest.raises(NotYours):
        plan_of(bob, key, ["a"])
    assert Bulk.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_deleted_meanwhile_plans_nothing(alice: User, key: ViewerKey) -> None:
    ApiKey.objects.all().delete()
    with pytest.raises(KeyGone):
        plan_of(alice, key, ["a"])


def test_a_database_that_cannot_be_written_is_said(
    alice: User, key: ViewerKey, bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError

    stamp = plan.stamp_of(bulk)
    monkeypatch.setattr(plan, "_insert", fail)
    monkeypatch.setattr(confirm, "_confirm", fail)
    with pytest.raises(CannotRecord):
        plan_of(alice, key, ["a"])
    with pytest.raises(CannotRecord):
        confirmed(alice, key, bulk, stamp=stamp)


def test_creates_keep_their_fields_and_a_name_counts_once(alice: User, key: ViewerKey) -> None:
    rows = [
        CreateRow(project="kittens", name="a", priority=30, calibration_batch=True),
        CreateRow(project="kittens", name="b"),
        CreateRow(project="puppies", name="a"),
    ]
    bulk = plan.plan_creates(user=alice, key=key, form_id=uuid4(), rows=rows)
    assert list(bulk.rows.values_list("name", "project", "parameters")) == [
        ("a", "kittens", {"priority": 30, "calibration_batch": True}),
        ("b", "kittens", {}),
    ]


def test_only_rows_to_look_at_or_to_be_done_are_ticked(alice: User, bulk: Bulk) -> None:
    plan.tick(user=alice, bulk=bulk, positions=range(6), ticked=True)
    assert bulk.rows_ticked == 4
    assert set(bulk.rows.filter(is_ticked=False).values_list("group", flat=True)) == {
        PlanGroup.SKIPPED,
        PlanGroup.IMPOSSIBLE,
    }
    plan.tick(user=alice, bulk=bulk, positions=[3, 4], ticked=False)
    assert bulk.rows_ticked == 2


def test_a_confirmation_is_about_what_the_page_showed(
    alice: User, key: ViewerKey, bulk: Bulk
) -> None:
    stamp = plan.stamp_of(bulk)
    plan.tick(user=alice, bulk=bulk, positions=[3], ticked=False)
    with pytest.raises(PlanChanged):
        confirmed(alice, key, bulk, stamp=stamp)
    plan.tick(user=alice, bulk=bulk, positions=[3], ticked=True)
    Bulk.objects.update(read_until=timezone.now() + timedelta(seconds=1))
    with pytest.raises(PlanChanged):
        confirmed(alice, key, bulk, stamp=stamp)
    assert Bulk.objects.get().state == BulkState.PLANNED


def test_a_plan_confirmed_twice_runs_once(alice: User, key: ViewerKey, bulk: Bulk) -> None:
    first = confirmed(alice, key, bulk, reason=" week 48 ")
    assert (first.state, first.reason) == (BulkState.RUNNING, "week 48")
    at = first.confirmed_at
    again = confirmed(alice, key, Bulk.objects.get(), stamp="another", reason="other")
    assert (again.state, again.reason, again.confirmed_at) == (BulkState.RUNNING, "week 48", at)


def test_a_plan_made_with_one_key_is_not_confirmed_with_another(
    alice: User, bob: User, key: ViewerKey, key_for: KeyMaker, bulk: Bulk
) -> None:
    with pytest.raises(OtherKey):
        confirmed(alice, key_for(alice, mode="test"), bulk)
    with pytest.raises(NotYours):
        confirmed(bob, key_for(bob), bulk)
    ApiKey.objects.filter(id=key.id).update(fingerprint="another", earlier=[key.fingerprint])
    [replaced] = [one for one in list_readable_keys(user=alice) if one.id == key.id]
    with pytest.raises(OtherKey):
        confirmed(alice, replaced, bulk)
    assert Bulk.objects.get().state == BulkState.PLANNED


def test_an_old_plan_is_read_again_first(
    alice: User, key: ViewerKey, bulk: Bulk, clock: Clock
) -> None:
    Bulk.objects.update(read_until=timezone.now())
    bulk.refresh_from_db()
    clock.shift(601)
    assert read.plan_of(bulk).is_old
    with pytest.raises(PlanOld):
        confirmed(alice, key, bulk)
    plan.read_again(user=alice, bulk=bulk)
    assert (bulk.state, bulk.rows_ticked) == (BulkState.READING, 0)
    assert read.plan_of(bulk).read == 0
    assert work.due_keys(now=timezone.now()) == [key.fingerprint]


def test_a_plan_without_a_ticked_row_is_not_confirmed(
    alice: User, key: ViewerKey, bulk: Bulk
) -> None:
    plan.tick(user=alice, bulk=bulk, positions=range(6), ticked=False)
    with pytest.raises(NothingToDo):
        confirmed(alice, key, bulk)


def test_what_is_at_another_step_is_not_changed(alice: User, key: ViewerKey, bulk: Bulk) -> None:
    Bulk.objects.update(state=BulkState.READING)
    with pytest.raises(NotPlanned):
        confirmed(alice, key, bulk)
    with pytest.raises(NotPlanned):
        plan.tick(user=alice, bulk=bulk, positions=[3], ticked=False)
    with pytest.raises(NotPlanned):
        plan.read_again(user=alice, bulk=bulk)
    with pytest.raises(NotPlanned):
        control.go_on(user=alice, key=key, bulk=bulk)
    with pytest.raises(NotEnded):
        plan.plan_retry(user=alice, key=key, form_id=uuid4(), bulk=bulk)


def test_another_person_changes_nothing(
    bob: User, ada: User, key_for: KeyMaker, bulk: Bulk
) -> None:
    key = key_for(bob)
    for change in (
        lambda: plan.tick(user=bob, bulk=bulk, positions=[3], ticked=False),
        lambda: plan.read_again(user=bob, bulk=bulk),
        lambda: control.stop_bulk(user=bob, bulk=bulk),
        lambda: control.go_on(user=bob, key=key, bulk=bulk),
        lambda: plan.plan_retry(user=bob, key=key, form_id=uuid4(), bulk=bulk),
    ):
        with pytest.raises(NotYours):
            change()
    # an administrator may stop it, as one may withdraw an operation
    assert control.stop_bulk(user=ada, bulk=bulk).stop_message == "Stopped by ada."


def test_a_bulk_is_seen_by_those_who_see_its_operations(
    alice: User, bob: User, vera: User, ada: User, key_for: KeyMaker
) -> None:
    mine = plan_of(alice, key_for(alice), ["a"])
    shared = plan_of(bob, key_for(bob, api_key="another-live-key", is_shared=True), ["b"])

    def sees(user: User) -> list[bool]:
        return [bool(read.find_bulk(user=user, bulk_id=one.id)) for one in (mine, shared)]

    assert sees(alice) == sees(ada) == [True, True]
    assert sees(bob) == sees(vera) == [False, True]
    assert read.list_open_bulks(user=alice) == (mine,)


def test_a_retry_has_only_what_failed(alice: User, key: ViewerKey, bulk: Bulk) -> None:
    plan.tick(user=alice, bulk=bulk, positions=[0], ticked=True)
    failed = (State.REFUSED, State.NOT_SENT, State.NOT_DONE)
    ended(alice, key, bulk, *failed, State.UNCONFIRMED)
    again = plan.plan_retry(user=alice, key=key, form_id=uuid4(), bulk=bulk)
    assert [row.name for row in again.rows.all()] == ["kitten-0000", "kitten-0003", "kitten-0004"]
    assert (again.retry_of, again.parameters) == (bulk, {"priority": 25})
    assert again.state == BulkState.READING
    Operation.objects.update(state=State.SUCCEEDED)
    with pytest.raises(NothingToDo):
        plan.plan_retry(user=alice, key=key, form_id=uuid4(), bulk=bulk)


def test_a_retry_needs_the_key_of_the_bulk(
    alice: User, key: ViewerKey, key_for: KeyMaker, bulk: Bulk
) -> None:
    ended(alice, key, bulk, State.REFUSED)
    with pytest.raises(OtherKey):
        plan.plan_retry(user=alice, key=key_for(alice, mode="test"), form_id=uuid4(), bulk=bulk)


EVERY_STATE = [
    (State.SUCCEEDED, "done"),
    (State.NO_EFFECT, "no_effect"),
    (State.REFUSED, "failed"),
    (State.NOT_SENT, "failed"),
    (State.NOT_DONE, "failed"),
    (State.SENDING, "unknown"),
    (State.CHECKING, "unknown"),
    (State.UNCONFIRMED, "unknown"),
    (State.WAITING, "left"),
]


@pytest.mark.parametrize(("state", "outcome"), EVERY_STATE)
def test_each_row_of_a_receipt_has_one_outcome(
    state: State, outcome: str, alice: User, key: ViewerKey, bulk: Bulk
) -> None:
    bulk.rows.filter(position=4).update(left_out="It has changed.")
    ended(alice, key, bulk, state)
    shown = read.receipt_of(bulk)
    found = {one.value: shown.count(one) for one in RowOutcome}
    expected = dict.fromkeys(found, 0) | {"left_out": 1, "left": 1, "skipped": 3}
    expected[outcome] += 1
    assert found == expected
    assert sum(found.values()) == shown.chosen
    rows = list(read.all_receipt_rows(bulk))
    assert [row.outcome for row in rows] == sorted(
        (row.outcome for row in rows), key=list(RowOutcome).index
    )
    assert {row.outcome.value for row in rows} == {name for name, rows in found.items() if rows}


def test_rows_are_shown_by_the_page(alice: User, key: ViewerKey, bulk: Bulk) -> None:
    ended(alice, key, bulk, State.SUCCEEDED, State.REFUSED)
    page = read.receipt_rows(bulk, limit=2)
    assert [(row.position, row.outcome.value) for row in page.rows] == [(4, "failed"), (3, "done")]
    assert page.next == 2
    last = read.receipt_rows(bulk, start=4, limit=2)
    assert ([row.position for row in last.rows], last.next) == ([1, 2], None)
    only = read.receipt_rows(bulk, outcomes=(RowOutcome.SKIPPED,))
    assert [row.message for row in only.rows] == ["", "", ""]
    sent = read.receipt_rows(bulk, in_order_sent=True)
    assert [row.position for row in sent.rows] == [*range(6)]
    first = read.plan_rows(bulk, group=PlanGroup.WILL_DO, limit=2)
    assert ([row.position for row in first.rows], first.next) == ([3, 4], 4)
    rest = read.plan_rows(bulk, group=PlanGroup.WILL_DO, after=4)
    assert ([row.position for row in rest.rows], rest.next) == ([5], None)
    assert [row.can_tick for row in read.all_plan_rows(bulk)] == [True] * 4 + [False] * 2


def test_what_a_page_shows_costs_few_queries_however_many_rows_there_are(
    alice: User, key: ViewerKey, bulk: Bulk, django_assert_max_num_queries: Any
) -> None:
    ended(alice, key, bulk, State.SUCCEEDED, State.REFUSED)
    with django_assert_max_num_queries(11):
        read.plan_of(bulk)
        read.receipt_of(bulk)
        read.receipt_rows(bulk)


def test_stopping_and_going_on(alice: User, key: ViewerKey, bulk: Bulk) -> None:
    confirmed(alice, key, bulk)
    control.stop_bulk(user=alice, bulk=bulk)
    assert (bulk.state, bulk.next_at) == (BulkState.STOPPED, None)
    assert read.list_open_bulks(user=alice) == (bulk,)
    control.go_on(user=alice, key=key, bulk=bulk)
    control.go_on(user=alice, key=key, bulk=bulk)
    assert (bulk.state, bulk.stop_message, bulk.ended_at) == (BulkState.RUNNING, "", None)
    ended(alice, key, bulk, *[State.SUCCEEDED] * 3)
    assert control.stop_bulk(user=alice, bulk=bulk).state == BulkState.FINISHED
    Bulk.objects.update(state=BulkState.STOPPED)
    with pytest.raises(NothingToDo):
        control.go_on(user=alice, key=key, bulk=bulk)


def test_after_a_restore_every_unfinished_bulk_is_stopped(alice: User, key: ViewerKey) -> None:
    for state in BulkState:
        made = plan_of(alice, key, ["a"])
        Bulk.objects.filter(pk=made.pk).update(state=state)
    assert after_restore.stop_unfinished() == 3
    assert after_restore.stop_unfinished() == 0
    stopped = Bulk.objects.exclude(stop_message="")
    assert {bulk.stop_message for bulk in stopped} == {after_restore.MESSAGE}
    assert work.due_keys(now=timezone.now()) == []
    unread = stopped.first()
    assert unread
    assert plan.read_again(user=alice, bulk=unread).state == BulkState.READING


def test_plans_that_nobody_confirmed_are_deleted_after_days(
    alice: User, key: ViewerKey, bulk: Bulk
) -> None:
    kept = plan_of(alice, key, ["a"])
    Bulk.objects.filter(pk=kept.pk).update(confirmed_at=timezone.now(), state=BulkState.STOPPED)
    assert prune.prune(now=timezone.now()) == 0
    assert prune.prune(now=timezone.now() + timedelta(days=4)) == 1
    assert list(Bulk.objects.all()) == [kept]
    assert BulkRow.objects.count() == 1
