"""An hour without answers is one gap with its reason, costs few calls, and ends with the outage."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import ApiKey, Sample, State, WatchGap
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.key_checks.checks import check_key
from batches.services.keys.types import KeyHandle
from batches.services.watcher import gaps
from tests.support.background import run_watcher, run_worker_once
from tests.support.batch_lists import add
from tests.support.operations import abandoned_operation, settle_in

# long, and the database does no more than in `test_sweeps.py`
pytestmark = [
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database,
    pytest.mark.unmeasured,
]
HOUR = 3600
WORKING: dict[str, Any] = {"status": "in_progress", "counts": {"pending": 500, "completed": 0}}


@dataclass(frozen=True)
class Outage:
    """reason: a part of what the gap tells. most_calls: in the hour, of watcher and walk."""

    reason: str
    kind: str = "status"
    options: dict[str, Any] = field(default_factory=dict)
    most_calls: int = 80  # the breaker asks once a minute after a few tries


OUTAGES = {
    "hung": Outage("did not answer", kind="hang"),
    "gone": Outage("connection broke", kind="reset_before_acting"),
    "503": Outage("Refonte answered 503: ", options={"code": 503}),
    "asks to wait": Outage(
        "asked to wait", options={"code": 429, "headers": {"Retry-After": "60"}}, most_calls=70
    ),
    "too many": Outage(
        "asked to wait", options={"code": 429}, most_calls=30
    ),  # 5 s doubling to 300
}


def work(refonte: Sandbox) -> Callable[[], None]:
    """A turn of the walk; the batch has changed."""

    def turn() -> None:
        run_worker_once()
        done = int(timezone.now().timestamp()) % 10_000
        refonte.set_counts("kitten", pending=10_000 - done, completed=done)

    return turn


def last_sample() -> float:
    """Seconds since the last sample."""
    minute, second = Sample.objects.order_by("-minute").values_list("minute", "second")[0]
    return timezone.now().timestamp() - (minute * 60 + second)


def waits_for(key: KeyHandle) -> float:
    until = ApiKey.objects.get(id=key.id).not_before
    return max(0.0, (until - timezone.now()).total_seconds()) if until else 0.0


@pytest.mark.parametrize("name", OUTAGES)
def test_an_hour_of_an_outage(
    name: str,
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    settings: Any,
) -> None:
    outage, turn = OUTAGES[name], work(refonte)
    settings.REFONTE_TIMEOUT = 0.5 if outage.kind == "hang" else 20
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=150, beat=5, between=turn)
    assert not WatchGap.objects.exists()

    refonte.fault(outage.kind, match="GET *", **outage.options)
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=HOUR, beat=10, between=turn)
    assert len(refonte.calls) <= outage.most_calls
    assert not WatchGap.objects.exists()  # a gap is written when it has ended

    settings.REFONTE_TIMEOUT = 20
    refonte.reset()
    clock.shift(waits_for(watched))  # what Refonte asked for is obeyed
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=120, beat=5, between=turn)
    [gap] = WatchGap.objects.all()
    assert last_sample() <= 120
    assert gap.reason
    assert outage.reason in gap.reason
    assert timedelta(minutes=58) <= gap.until - gap.since <= timedelta(minutes=68)
    assert len(refonte.calls) <= 8  # what was missed is not made up for


def test_an_hour_with_a_refused_key_ends_with_the_check_that_accepts_it(
    alice: User, watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    turn = work(refonte)
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=150, beat=5, between=turn)
    refonte.refuse_key(LIVE_KEY)
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=HOUR, beat=10, between=turn)
    assert len(refonte.calls) == 1  # the one that was refused

    refonte.add_key(LIVE_KEY, "live")
    run_watcher(clock, watched, seconds=300, beat=10, between=turn)
    assert len(refonte.calls) == 1  # it is not known to be accepted
    check_key(user=alice, key=watched)
    run_watcher(clock, watched, seconds=120, beat=5, between=turn)
    assert last_sample() <= 120
    gap = WatchGap.objects.get()
    assert gap.until - gap.since >= timedelta(minutes=64)
    assert "refused" in gap.reason


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def take_the_role(user: User) -> None:
    user.groups.clear()


def switch_off(user: User) -> None:
    ApiKey.objects.filter(owner=user).update(keep_watch=False)


def refuse(user: User) -> None:
    ApiKey.objects.filter(owner=user).update(is_refused=True, refused_at=timezone.now())


CHANGES = {
    "disabled": disable,
    "without a role": take_the_role,
    "switched off": switch_off,
    "refused": refuse,
}


@pytest.mark.parametrize("bare", [False, True], ids=["counts", "no counts"])
@pytest.mark.parametrize("change", CHANGES)
def test_not_one_call_more_of_watcher_and_walk(
    change: str,
    bare: bool,
    alice: User,
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
) -> None:
    turn = work(refonte)
    if bare:
        refonte.configure(detailed="none")
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=65, beat=5, between=turn)
    assert refonte.calls
    CHANGES[change](alice)
    refonte.forget_calls()
    run_watcher(clock, watched, seconds=600, beat=10, between=turn)

    assert not refonte.calls


def test_with_the_switch_off_operations_are_settled_and_nothing_else_is_read(
    alice: User, watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    refonte.add_project("kittens")
    add(refonte, "kitten-07", project="kittens", status="staging")
    switch_off(alice)
    operation = abandoned_operation(alice, watched, State.CHECKING, next_check_at=timezone.now())
    run_watcher(clock, watched, seconds=60, beat=5, between=run_worker_once)
    assert not refonte.calls
    settle_in(1, operation)

    assert {call.path for call in refonte.calls} == {"/batches/kitten-07"}
    assert operation.state not in State.open_states()


def test_a_gap_of_a_key_that_may_not_be_read_has_that_reason(
    alice: User, watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=60, beat=5)
    disable(alice)
    run_watcher(clock, watched, seconds=600, beat=10)
    User.objects.update(is_active=True)
    run_watcher(clock, watched, seconds=60, beat=5)
    assert WatchGap.objects.get().reason == gaps.NOT_WATCHED
