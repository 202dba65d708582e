"""Setting a priority: one call, and no way to read it back."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import ApiKey, State
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import history
from tests.support.operations import POST_PRIORITIZE, prioritize, settle_in
from tests.support.vendor import KeyMaker, with_replaced_key


@pytest.fixture(autouse=True)
def _batch(refonte: Sandbox) -> None:
    refonte.add_batch("kitten-07")
    refonte.add_batch("puppy-01")


def test_takes_one_call(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    operation = prioritize(alice, key, priority=30)
    assert operation.state == State.SUCCEEDED
    assert [call.method for call in refonte.calls] == ["POST"]
    assert refonte.priorities_of("kitten-07") == [30]


@pytest.mark.parametrize("kind", ["reset_after_acting", "reset_before_acting", "html", "status"])
def test_without_an_answer_it_stays_unconfirmed(
    refonte: Sandbox, alice: User, key: KeyHandle, kind: str
) -> None:
    refonte.fault(kind, match=POST_PRIORITIZE, times=1)
    operation = prioritize(alice, key)
    assert operation.state == State.UNCONFIRMED
    assert "harmless unless" in operation.message


def test_an_unknown_batch_is_refused(alice: User, key: KeyHandle) -> None:
    assert prioritize(alice, key, name="nobody").state == State.REFUSED


def test_a_newer_one_is_found(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    refonte.fault("reset_after_acting", match=POST_PRIORITIZE, times=1)
    first, second = prioritize(alice, key), prioritize(alice, key, priority=11)
    assert history.find_newer_priority(user=alice, operation=first) == second
    assert history.find_newer_priority(user=alice, operation=second) is None


def test_a_newer_one_is_found_that_was_sent_after_the_key_was_replaced(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    refonte.fault("reset_after_acting", match=POST_PRIORITIZE, times=1)
    unsure, old = prioritize(alice, key), key_for(bob)
    new = with_replaced_key(key)
    ApiKey.objects.filter(id=key.id).update(fingerprint=new.fingerprint, earlier=[*new.earlier])
    newer = prioritize(alice, new, priority=11)
    unsure.refresh_from_db()
    assert history.find_newer_priority(user=alice, operation=unsure) == newer
    # who has the old key only sees what was done with that one
    assert old.fingerprint == unsure.fingerprint
    assert history.find_newer_priority(user=bob, operation=unsure) is None


def test_one_that_waited_does_not_undo_a_newer_one(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    wait = {"Retry-After": "2"}
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers=wait)
    waiting = prioritize(alice, key, priority=10)
    with time_machine.travel(timezone.now() + timedelta(seconds=3)):
        prioritize(bob, key_for(bob), priority=30)
    settle_in(4, waiting)
    assert refonte.priorities_of("kitten-07") == [30]
    assert waiting.state == State.NOT_SENT
    assert "bob has sent a newer one since, 30" in waiting.message


def test_one_that_waited_does_not_undo_a_newer_one_of_a_key_that_it_replaced(
    refonte: Sandbox, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    old, new = key_for(bob), with_replaced_key(key)
    ApiKey.objects.filter(id=key.id).update(fingerprint=new.fingerprint, earlier=[*new.earlier])
    wait = {"Retry-After": "2"}
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers=wait)
    waiting = prioritize(alice, new, priority=10)
    prioritize(bob, old, priority=30)
    settle_in(4, waiting)
    assert refonte.priorities_of("kitten-07") == [30]
    assert "bob has sent a newer one since, 30" in waiting.message


def test_the_last_priorities_take_one_query(
    refonte: Sandbox, alice: User, key: KeyHandle, django_assert_num_queries: object
) -> None:
    prioritize(alice, key, priority=10)
    last = prioritize(alice, key, priority=20)
    prioritize(alice, key, name="nobody")
    refonte.fault("reset_after_acting", match=POST_PRIORITIZE, times=1)
    unsure = prioritize(alice, key, name="puppy-01")
    with django_assert_num_queries(1):  # type: ignore[operator]  # pytest-django ships no type
        found = history.last_priorities(key=key, names=["kitten-07", "puppy-01", "nobody", "new"])
    assert found == {"kitten-07": last, "puppy-01": unsure}


def test_a_priority_sent_with_another_key_is_not_shown(
    alice: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    prioritize(alice, key)
    other = key_for(alice, mode="test")
    found = history.last_priorities(key=other, names=["kitten-07"])
    assert found == {}
