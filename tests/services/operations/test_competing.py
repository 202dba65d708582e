"""Several requests for one batch: at most one is recorded as its creator."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import ApiKey, Operation, State, Verb
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import competing, ledger, settle
from batches.services.operations.vendor_session import VendorSession
from tests.support.operations import (
    POST_CREATE,
    POST_FINALIZE,
    abandoned_operation,
    create,
    finalize,
    settle_in,
    settle_until_given_up,
)
from tests.support.vendor import KeyMaker, with_replaced_key

SECOND_KEY = "live_another_key_of_the_same_customer"


@pytest.fixture(autouse=True)
def _time_enough(refonte: Sandbox, settings: Settings) -> None:
    """One create waits here for another one, and is to be sent all the same."""
    settings.REFONTE_TIMEOUT = 60


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    refonte.add_project("kittens")
    refonte.add_key(SECOND_KEY, "live")
    return key_for(alice)


@pytest.fixture
def keys_of(key: KeyHandle, key_for: KeyMaker) -> Callable[[str, User], KeyHandle]:
    """The key that a second person, or the same one in a second tab, may send with."""

    def of(kind: str, user: User) -> KeyHandle:
        if kind == "replaced":
            return with_replaced_key(key)
        if kind == "the same" and user.pk == key.owner_id:
            return key
        return key_for(user, api_key=SECOND_KEY if kind == "another" else LIVE_KEY)

    return of


@contextmanager
def meanwhile(write: Callable[[], Any]) -> Iterator[None]:
    """Something that happens once, between the pre-check of a create and its POST."""
    mark_sending = ledger.mark_sending

    def interrupted(*args: Any, **options: Any) -> bool:
        with mock.patch.object(ledger, "mark_sending", mark_sending):
            write()
        patch.stop()
        return mark_sending(*args, **options)

    patch = mock.patch.object(ledger, "mark_sending", interrupted)
    patch.start()
    yield


KEYS = ("the same", "another", "replaced")


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("is_same_person", [True, False])
@pytest.mark.parametrize("fault", ["", "reset_after_acting", "status"])
def test_of_two_creates_at_once_one_at_most_is_done(
    refonte: Sandbox,
    alice: User,
    bob: User,
    key: KeyHandle,
    keys_of: Callable[[str, User], KeyHandle],
    kind: str,
    is_same_person: bool,
    fault: str,
) -> None:
    user = alice if is_same_person or kind == "replaced" else bob
    second_key = keys_of(kind, user)
    if fault:
        options = {"code": 429, "acting": True} if fault == "status" else {}
        refonte.fault(fault, match=POST_CREATE, times=1, **options)

    with meanwhile(lambda: create(user, second_key, priority=10)):
        slower = create(alice, key, priority=30)

    quicker = Operation.objects.filter(verb=Verb.CREATE).exclude(id=slower.id).get()
    states = [quicker.state, slower.state]
    assert states.count(State.SUCCEEDED) == 1
    assert slower.state == State.UNCONFIRMED
    assert "The batch has just appeared" in slower.message
    assert 30 not in refonte.priorities_of("kitten-07")


@pytest.mark.parametrize("other", [State.SENDING, State.CHECKING, State.SUCCEEDED, State.WAITING])
def test_a_lost_create_beside_another_that_was_sent_is_unconfirmed(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker, other: State
) -> None:
    now = timezone.now()
    settled = {"settled_at": now} if other == State.SUCCEEDED else {}
    abandoned_operation(
        bob, key_for(bob), other, sent_at=now, leased_until=now + timedelta(hours=1), **settled
    )
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    assert create(alice, key).state == State.UNCONFIRMED


@pytest.mark.parametrize(
    ("other", "seconds_ago"),
    [
        (State.REFUSED, 0),
        (State.NOT_SENT, 0),
        (State.NOT_DONE, 1),
        (State.SUCCEEDED, 90),
        (State.UNCONFIRMED, 90),
    ],
)
def test_what_failed_or_was_over_before_does_not_count(
    refonte: Sandbox,
    alice: User,
    bob: User,
    key: KeyHandle,
    key_for: KeyMaker,
    other: State,
    seconds_ago: int,
) -> None:
    ago = timezone.now() - timedelta(seconds=seconds_ago)
    abandoned_operation(bob, key_for(bob), other, sent_at=ago, settled_at=ago)
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    assert create(alice, key).state == State.SUCCEEDED


@pytest.mark.parametrize(
    "unlike", [{"batch_name": "other"}, {"key_mode": "test"}, {"verb": Verb.FINALIZE}]
)
def test_a_request_for_something_else_does_not_count(
    refonte: Sandbox, alice: User, key: KeyHandle, unlike: dict[str, str]
) -> None:
    operation = abandoned_operation(alice, key, State.CHECKING, sent_at=timezone.now())
    for name, value in unlike.items():
        setattr(operation, name, value)
    operation.save()
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    assert create(alice, key).state == State.SUCCEEDED


def test_one_that_waits_and_was_never_sent_does_not_count(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    abandoned_operation(
        bob, key_for(bob), State.WAITING, next_check_at=timezone.now() + timedelta(hours=1)
    )
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    assert create(alice, key).state == State.SUCCEEDED


def test_a_throttled_create_that_worked_is_found_before_it_is_sent_again(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("invisible", match=POST_CREATE, times=1, seconds=3)
    refonte.fault(
        "status", match=POST_CREATE, times=1, code=429, acting=True, headers={"Retry-After": "2"}
    )
    operation = create(alice, key, priority=30)
    assert operation.state == State.WAITING
    refonte.now = lambda: timezone.now() + timedelta(seconds=5)
    settle_in(4, operation)
    assert operation.state == State.SUCCEEDED
    assert "asked to wait, but the batch was found" in operation.message
    assert len(refonte.calls_to("POST", "/batches")) == 1


def test_a_throttled_create_that_is_absent_is_sent_again(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=POST_CREATE, times=1, code=429, headers={"Retry-After": "2"})
    operation = create(alice, key)
    first = (operation.vendor_date, operation.precheck_at)
    settle_in(4, operation)
    assert operation.state == State.SUCCEEDED
    assert (operation.vendor_date, operation.precheck_at) == first
    calls = [call.method for call in refonte.calls]
    assert calls == ["GET", "POST", "GET", "GET", "POST"]


def test_a_throttled_create_is_not_called_unsent_when_it_is_withdrawn(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=POST_CREATE, times=1, code=429)
    operation = settle.withdraw_operation(operation=create(alice, key), user=alice)
    assert operation.message == (
        "Withdrawn by alice before it was sent again. Refonte had asked to wait."
    )


@pytest.mark.parametrize("fault", ["reset_after_acting", "status"])
def test_a_finalize_beside_another_one_is_unconfirmed(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker, fault: str
) -> None:
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 640})
    options = {"code": 400, "acting": True} if fault == "status" else {}
    refonte.fault(fault, match=POST_FINALIZE, times=1, **options)
    now = timezone.now()
    abandoned_operation(
        bob, key_for(bob), State.SENDING, verb=Verb.FINALIZE, sent_at=now, leased_until=now
    )
    operation = finalize(alice, key)
    assert operation.state == State.UNCONFIRMED
    assert (operation.status_before, operation.status_after) == ("staging", "in_progress")
    assert "by this request or by somebody else" in operation.message


def test_competing_people_are_named_to_users_who_may_see_their_operation(
    refonte: Sandbox, alice: User, bob: User, ada: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    theirs = key_for(bob, api_key=SECOND_KEY)
    with meanwhile(lambda: create(bob, theirs)):
        operation = create(alice, key)
    assert "bob" not in operation.message
    assert competing.message_for(user=alice, operation=operation) == operation.message
    message = competing.message_for(user=ada, operation=operation)
    assert message == "The batch has just appeared: created by this request or by bob."
    ApiKey.objects.filter(id=theirs.id).update(is_shared=True)
    assert competing.message_for(user=alice, operation=operation) == message


def test_a_second_tab_of_the_same_person_is_named_as_theirs(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    with meanwhile(lambda: create(alice, key)):
        operation = create(alice, key)
    message = competing.message_for(user=alice, operation=operation)
    assert message.endswith("created by this request or by another request of yours.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["", "reset_after_acting", "empty", "yes to all"])
def test_two_creates_at_the_same_moment_are_not_both_done(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker, fault: str
) -> None:
    people = [(alice, key), (bob, key_for(bob, api_key=SECOND_KEY))]
    together = Barrier(2, timeout=60)
    send, body = VendorSession.create, {"name": "kitten-07", "project": "kittens"}
    if fault == "yes to all":
        refonte.fault("status", match=POST_CREATE, code=200, body=body, acting=True)
    elif fault:
        refonte.fault(fault, match=POST_CREATE, acting=True)

    def at_once(line: VendorSession, operation: Operation) -> Any:
        together.wait()
        return send(line, operation)

    def work(person: tuple[User, KeyHandle]) -> str:
        try:
            return create(*person, priority=20).state
        finally:
            connection.close()

    with mock.patch.object(VendorSession, "create", at_once), ThreadPoolExecutor(2) as threads:
        states = list(threads.map(work, people))
    for operation in Operation.objects.filter(verb=Verb.CREATE):
        settle_until_given_up(operation)
    states = list(Operation.objects.filter(verb=Verb.CREATE).values_list("state", flat=True))
    assert states.count(State.SUCCEEDED) <= 1
    assert set(states) <= {State.SUCCEEDED, State.UNCONFIRMED}
    assert len(refonte.priorities_of("kitten-07")) <= states.count(State.SUCCEEDED)
