"""Rows are sent one after the other, each at most once, within the budget of the background."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import ApiKey, Bulk, BulkState, Operation, State, Verb
from batches.refonte import Counts
from batches.sandbox import Sandbox
from batches.services.bulks import confirm, control, plan, read, work
from batches.services.bulks.types import CreateRow, RowOutcome
from batches.services.keys import manage
from batches.services.keys.types import ViewerKey
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.walks import read_pages
from batches.services.watcher import watch
from tests.support.bulk_work import (
    confirmed,
    names_in,
    names_of,
    plan_of,
    planned,
    read_plan,
    work_off,
)
from tests.support.operations import POST_FINALIZE, POST_PRIORITIZE, finalize, prioritize
from tests.support.vendor import KeyMaker

PRIORITIZE, FINALIZE, STATUS = (f"/batches/*/{one}" for one in ("prioritize", "finalize", "status"))
Clock = time_machine.Traveller


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> ViewerKey:
    return key_for(alice)


def add(refonte: Sandbox, names: list[str], status: str = "staging") -> None:
    for name in names:
        refonte.add_batch(name, project="kittens", status=status, counts={"pending": 5})


def posts(refonte: Sandbox, path: str) -> Counter[str]:
    return Counter(call.path.split("/")[2] for call in refonte.calls_to("POST", path))


def counts(bulk: Bulk) -> dict[str, int]:
    """Of a receipt, without what is none."""
    shown = read.receipt_of(bulk)
    found = {outcome.value: shown.count(outcome) for outcome in RowOutcome}
    assert sum(found.values()) == shown.chosen == bulk.rows_chosen
    return {name: rows for name, rows in found.items() if rows}


def run(bulk: Bulk, clock: Clock, seconds: float = 120, beat: float = 0.5) -> Bulk:
    work_off(clock, seconds=seconds, beat=beat)
    bulk.refresh_from_db()
    return bulk


def test_priorities_are_sent_one_after_the_other(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(5))
    bulk = confirmed(alice, key, names_of(5))
    refonte.forget_calls()

    run(bulk, clock, 10)

    assert (bulk.state, bulk.next_at) == (BulkState.FINISHED, None)
    assert counts(bulk) == {"done": 5}
    assert [call.path for call in refonte.calls] == [
        f"/batches/{name}/prioritize" for name in names_of(5)
    ]
    pauses = [b.at - a.at for a, b in pairwise(refonte.calls)]
    assert min(pauses) >= timedelta(seconds=1)
    assert {*Operation.objects.values_list("bulk", "state")} == {(bulk.pk, State.SUCCEEDED)}


def test_a_finalize_costs_three_calls_and_five_where_the_status_does_not_move(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, ["moves", "stays"])
    refonte.fault("finalize_does_nothing", "POST /v1/batches/stays/finalize")
    bulk = confirmed(alice, key, ["moves", "stays"], verb=Verb.FINALIZE)
    refonte.forget_calls()

    run(bulk, clock, 30)

    assert counts(bulk) == {"done": 1, "no_effect": 1}
    calls = Counter(call.path.split("/")[2] for call in refonte.calls)
    assert calls == {"moves": 3, "stays": 5}


def test_a_create_costs_two_calls_and_one_for_its_priority(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    refonte.add_project("kittens")
    rows = [
        CreateRow(project="kittens", name="plain"),
        CreateRow(project="kittens", name="first", priority=30),
    ]
    bulk = read_plan(plan.plan_creates(user=alice, key=key, form_id=uuid4(), rows=rows))
    confirm.confirm_bulk(user=alice, key=key, bulk=bulk, stamp=plan.stamp_of(bulk))
    refonte.forget_calls()

    run(bulk, clock, 30)

    assert counts(bulk) == {"done": 2}
    assert len(refonte.calls) == 5
    assert refonte.priorities_of("first") == [30]
    [first, plain] = sorted(read.receipt_rows(bulk).rows, key=lambda row: row.name)
    assert first.follow_up
    assert first.follow_up.state == State.SUCCEEDED
    assert plain.follow_up is None


def test_a_refusal_ends_its_own_row_alone(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(4))
    bulk = confirmed(alice, key, names_of(4))
    refonte.fault("status", POST_PRIORITIZE, times=1, skip=1, code=400, body={"error": "No."})

    run(bulk, clock)

    assert counts(bulk) == {"done": 3, "failed": 1}
    assert names_in(read.receipt_rows(bulk).rows)[0] == names_of(4)[1]
    assert "No." in read.receipt_rows(bulk).rows[0].message


def test_a_429_is_waited_for_and_slows_the_rest(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(6))
    bulk = confirmed(alice, key, names_of(6))
    limit = {"code": 429, "headers": {"Retry-After": "20"}}
    refonte.fault("status", POST_PRIORITIZE, times=1, skip=2, **limit)
    run(bulk, clock, 15)
    assert (bulk.state, bulk.waits, bulk.slowed) == (BulkState.RUNNING, 1, 2)
    assert bulk.wait_message == "Refonte asked to wait (429)."
    assert counts(bulk) == {"done": 2, "left": 4}
    usual, slowed = (read.receipt_of(bulk).full_seconds_a_row, read.receipt_of(bulk).seconds_a_row)
    assert slowed == 2 * usual

    run(bulk, clock, 30)

    assert bulk.state == BulkState.FINISHED
    assert counts(bulk) == {"done": 6}
    sent = posts(refonte, PRIORITIZE)
    assert sent.pop(names_of(6)[2]) == 2
    assert {*sent.values()} == {1}
    assert bulk.waited_from
    assert bulk.waited_until
    assert bulk.waited_until - bulk.waited_from <= timedelta(seconds=20)
    clock.shift(120)
    assert read.receipt_of(bulk).seconds_a_row == usual  # it comes back by itself


def test_while_refonte_does_not_answer_it_waits_and_goes_on_by_itself(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(8))
    bulk = confirmed(alice, key, names_of(8), verb=Verb.FINALIZE)
    refonte.fault("status", "*", code=503)
    run(bulk, clock, 60)
    assert (bulk.state, bulk.wait_message) == (BulkState.RUNNING, "Refonte is not responding.")
    assert not posts(refonte, FINALIZE)

    refonte.reset()
    run(bulk, clock, 180)

    assert bulk.state == BulkState.FINISHED
    # two were tried before it was given up
    assert counts(bulk) == {"done": 6, "failed": 2}
    assert {*posts(refonte, FINALIZE).values()} == {1}


def test_no_priority_is_sent_while_refonte_does_not_answer(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(8))
    bulk = confirmed(alice, key, names_of(8))
    refonte.fault("close_after_acting", POST_PRIORITIZE)
    run(bulk, clock, 90)
    # three open the breaker; after that a read goes first, and closes it
    assert set(posts(refonte, PRIORITIZE).values()) == {1}
    refonte.reset()
    refonte.fault("status", "*", code=503)
    run(bulk, clock, 60)
    sent = len(refonte.calls_to("POST", PRIORITIZE))
    run(bulk, clock, 120)
    assert len(refonte.calls_to("POST", PRIORITIZE)) == sent


def test_a_row_whose_facts_changed_since_the_plan_is_left_out(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(4))
    bulk = confirmed(alice, key, names_of(4), verb=Verb.FINALIZE)
    started, grown, removed, same = names_of(4)
    refonte.set_status(started, "in_progress")
    refonte.set_counts(grown, pending=9)
    refonte.remove(removed)

    run(bulk, clock)

    assert counts(bulk) == {"done": 1, "left_out": 3}
    rows = {row.name: row.message for row in read.receipt_rows(bulk).rows}
    assert rows[started] == "It was staging in the plan, and is in progress now."
    assert rows[grown] == "It had 5 tasks in the plan, and has 9 tasks now."
    assert rows[removed] == "Refonte does not know it any more."
    assert [*posts(refonte, FINALIZE)] == [same]
    assert Operation.objects.count() == 1


def test_a_priority_sent_since_the_plan_is_not_undone(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(3))
    bulk = confirmed(alice, key, names_of(3))
    prioritized, finalized, same = names_of(3)
    clock.shift(1)
    prioritize(alice, key, prioritized, priority=11)
    finalize(alice, key, finalized)
    refonte.forget_calls()

    run(bulk, clock)

    rows = {row.name: row.message for row in read.receipt_rows(bulk).rows}
    assert rows[prioritized] == "alice has sent priority 11 since the plan."
    assert rows[finalized] == "It was staging in the plan, and is in progress now."
    assert [*posts(refonte, PRIORITIZE)] == [same]


def leave(alice: User, key: ViewerKey) -> None:
    alice.delete()


def disable(alice: User, key: ViewerKey) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)


def demote(alice: User, key: ViewerKey) -> None:
    alice.groups.clear()


def delete(alice: User, key: ViewerKey) -> None:
    manage.delete_key(key=key)


def replace(alice: User, key: ViewerKey) -> None:
    ApiKey.objects.update(fingerprint="another")


def refuse(alice: User, key: ViewerKey) -> None:
    ApiKey.objects.update(is_refused=True, refusal="Gone.")


def give_up(alice: User, key: ViewerKey) -> None:
    ApiKey.objects.update(sealed_with="")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (leave, "was deleted."),
        (disable, "The account of alice was disabled."),
        (demote, "alice may no longer operate on batches."),
        (delete, "was deleted."),
        (replace, "was replaced."),
        (refuse, "Refonte refused the key: Gone."),
        (give_up, "can no longer be read"),
    ],
)
def test_where_account_role_or_key_is_gone_it_stops_and_says_so(
    end: Any, words: str, refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(4))
    bulk = confirmed(alice, key, names_of(4))
    run(bulk, clock, 1)
    sent = len(refonte.calls_to("POST", PRIORITIZE))
    assert 0 < sent < 4

    end(alice, key)
    run(bulk, clock, 10)

    assert bulk.state == BulkState.STOPPED
    assert words in bulk.stop_message
    assert counts(bulk) == {"done": sent, "left": 4 - sent}
    assert len(refonte.calls_to("POST", PRIORITIZE)) == sent


def test_a_key_that_refonte_refuses_stops_the_bulk_without_a_row_more(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(4))
    bulk = confirmed(alice, key, names_of(4), verb=Verb.FINALIZE)
    refonte.fault("status", "*", code=401, body={"error": "Invalid API key"})

    run(bulk, clock, 10)

    assert bulk.state == BulkState.STOPPED
    assert counts(bulk) == {"left": 4}


def test_it_stops_after_the_present_row_and_goes_on(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(4))
    bulk = confirmed(alice, key, names_of(4))
    run(bulk, clock, 1)
    control.stop_bulk(user=alice, bulk=bulk)
    sent = len(refonte.calls_to("POST", PRIORITIZE))
    run(bulk, clock, 10)
    assert (bulk.state, bulk.stop_message) == (BulkState.STOPPED, "Stopped by alice.")
    assert len(refonte.calls_to("POST", PRIORITIZE)) == sent

    control.go_on(user=alice, key=key, bulk=bulk)
    run(bulk, clock, 10)
    assert bulk.state == BulkState.FINISHED
    assert counts(bulk) == {"done": 4}


def test_bulks_of_one_key_take_turns(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(12))
    for names in (names_of(12)[:6], names_of(12)[6:]):
        confirmed(alice, key, names)

    work_off(clock, seconds=30)

    sent = [call.path for call in refonte.calls_to("POST", PRIORITIZE)]
    whose = ["first" if path.split("/")[2] < names_of(12)[6] else "second" for path in sent]
    assert len(whose) == 12
    assert whose[:4] in (["first", "second"] * 2, ["second", "first"] * 2)
    assert Counter(whose[:6])["first"] == 3


@pytest.mark.one_database
@pytest.mark.unmeasured  # as below
def test_the_background_never_passes_its_budget(
    refonte: Sandbox, alice: User, key_for: KeyMaker, clock: Clock
) -> None:
    key = key_for(alice, keep_watch=True)
    add(refonte, names_of(70))
    bulk = read_plan(plan_of(alice, key, names_of(70), verb=Verb.FINALIZE), clock)
    confirm.confirm_bulk(user=alice, key=key, bulk=bulk, stamp=plan.stamp_of(bulk))
    refonte.fault("finalize_does_nothing", POST_FINALIZE, times=10)
    refonte.forget_calls()

    run_all(bulk, clock, seconds=420)

    assert counts(bulk) == {"done": 60, "no_effect": 10}
    a_minute = Counter(call.at.replace(second=0, microsecond=0) for call in refonte.calls)
    assert max(a_minute.values()) <= 60


def run_all(bulk: Bulk, clock: Clock, *, seconds: int) -> None:
    """With the watcher and the walk beside it."""
    for _ in range(seconds):
        read_pages.walk_due_keys(now=timezone.now())
        for fingerprint in watch.due_keys(now=timezone.now()):
            watch.watch_key(fingerprint=fingerprint)
        work_off()
        clock.shift(1)
    bulk.refresh_from_db()


def test_a_worker_that_comes_second_sends_nothing(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock
) -> None:
    add(refonte, names_of(2))
    confirmed(alice, key, names_of(2))
    made: list[int] = []
    original = work._step

    def step_beside(*args: Any) -> None:
        made.append(work.run_key(fingerprint=key.fingerprint))
        original(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "_step", step_beside)
        work.run_key(fingerprint=key.fingerprint)
    assert made == [0]
    assert len(refonte.calls_to("POST", PRIORITIZE)) == 1


@pytest.mark.one_database
def test_the_list_that_was_chosen_is_fixed(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6_000
    add(refonte, names_of(100))
    bulk = planned(alice, key, names_of(100), verb=Verb.FINALIZE)
    for number in range(5):
        add(refonte, [f"created-since-{number}"])
        refonte.set_status(names_of(100)[number], "in_progress")
    confirm.confirm_bulk(user=alice, key=key, bulk=bulk, stamp=plan.stamp_of(bulk))

    run(bulk, clock, 5, beat=0.05)

    assert counts(bulk) == {"done": 95, "left_out": 5}
    assert {*posts(refonte, FINALIZE)} == {*names_of(100)[5:]}


@pytest.mark.one_database
def test_a_finalize_whose_answer_is_lost_is_settled_by_reading(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6_000
    add(refonte, names_of(100))
    bulk = confirmed(alice, key, names_of(100), verb=Verb.FINALIZE)
    lost = names_of(100)[40]
    refonte.fault("close_after_acting", f"POST /v1/batches/{lost}/finalize")
    refonte.fault("status", f"GET /v1/batches/{lost}/status", times=1, skip=1, code=503)

    run(bulk, clock, 5, beat=0.05)

    assert counts(bulk) == {"done": 100}
    by_reading = Operation.objects.exclude(answer="accepted")
    assert [row.batch_name for row in by_reading] == [lost]
    assert by_reading[0].message == "Finalized: staging → in progress. The reply was lost."
    assert {*posts(refonte, FINALIZE).values()} == {1}


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time
def test_all_1000_that_matched_are_acted_on_but_for_those_that_changed(
    refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock, settings: Any
) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6_000
    names = names_of(1_000)
    add(refonte, names)
    counted = Counts(pending=5, completed=0)
    seen = [Sighting(name=name, status="staging", counts=counted) for name in names]
    record(fingerprint=key.fingerprint, sightings=seen, at=timezone.now())
    bulk = confirmed(alice, key, names)
    assert refonte.calls == []
    clock.shift(1)
    add(refonte, [f"created-since-{number}" for number in range(5)])
    left = [Sighting(name=name, status="in_progress") for name in names[500:505]]
    record(fingerprint=key.fingerprint, sightings=left, at=timezone.now())

    # in long runs, which pause from row to row, as the worker's are
    while work.run_key(fingerprint=key.fingerprint, pause=clock.shift):
        pass

    assert counts(bulk) == {"done": 995, "left_out": 5}
    assert posts(refonte, PRIORITIZE) == Counter([*names[:500], *names[505:]])
    assert len(refonte.calls) == 995
