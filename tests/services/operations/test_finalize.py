"""Finalizing: the two statuses, before and after, say what it did."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Operation, State
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import queues
from tests.support.operations import (
    POST_FINALIZE,
    READ,
    finalize,
    settle_in,
    settle_until_given_up,
)


@pytest.fixture(autouse=True)
def _staging(refonte: Sandbox) -> None:
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 640})


def posts(refonte: Sandbox) -> int:
    return len(refonte.calls_to("POST", "/batches/kitten-07/finalize"))


def test_takes_three_calls_and_tells_the_step(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = finalize(alice, key)
    assert operation.state == State.SUCCEEDED
    assert operation.message == "Finalized: staging → in progress."
    assert [call.method for call in refonte.calls] == ["GET", "POST", "GET"]


def test_accepted_without_a_change_has_no_effect_after_two_checks(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("finalize_does_nothing", times=1)
    operation = finalize(alice, key)
    assert operation.state == State.CHECKING
    assert "accepted" in operation.message
    settle_in(3, operation)
    assert operation.state == State.CHECKING
    settle_in(9, operation)
    assert operation.state == State.NO_EFFECT
    assert "nothing changed" in operation.message
    assert [call.method for call in refonte.calls] == ["GET", "POST", "GET", "GET", "GET"]


def test_after_a_yes_an_unchanged_status_is_read_again_after_2_and_5_seconds(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("finalize_does_nothing", times=1)
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        operation = finalize(alice, key)
        while operation.next_check_at:
            pauses.append((operation.next_check_at - timezone.now()).total_seconds())
            clock.move_to(operation.next_check_at)
            assert queues.settle_due_operations(now=timezone.now()) == 1
            operation.refresh_from_db()
    assert pauses == [2, 5]


def test_a_status_that_follows_its_yes_by_4_seconds_is_seen(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("finalize_late", times=1, seconds=4)
    operation = finalize(alice, key)
    assert operation.state == State.CHECKING
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        refonte.now = timezone.now
        settle_in(0, operation)
    assert operation.state == State.SUCCEEDED
    assert (operation.status_before, operation.status_after) == ("staging", "in_progress")


@pytest.mark.parametrize("status", ["in_progress", "completed"])
def test_a_batch_that_has_started_is_already_so(
    refonte: Sandbox, alice: User, key: KeyHandle, status: str
) -> None:
    refonte.add_batch("kitten-07", status=status)
    operation = finalize(alice, key)
    assert operation.state == State.NO_EFFECT
    assert operation.message.startswith("Already so")
    assert posts(refonte) == 0


def test_a_status_that_cannot_be_finalized_sends_nothing(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07", status="paused")
    assert finalize(alice, key).state == State.REFUSED
    assert posts(refonte) == 0


def test_an_unknown_batch_is_refused_with_both_possibilities(alice: User, key: KeyHandle) -> None:
    operation = finalize(alice, key, name="nobody")
    assert operation.state == State.REFUSED
    assert "or it was made with a key of the other mode" in operation.message


def test_a_lost_answer_is_settled_by_the_status(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_FINALIZE, times=1)
    operation = finalize(alice, key)
    assert operation.state == State.SUCCEEDED
    assert operation.message == "Finalized: staging → in progress. The reply was lost."
    assert [call.method for call in refonte.calls] == ["GET", "POST", "GET"]


def test_a_batch_that_stays_staging_was_not_finalized(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_before_acting", match=POST_FINALIZE, times=1)
    operation = finalize(alice, key)
    settle_until_given_up(operation)
    assert operation.state == State.NOT_DONE


def test_a_read_after_it_that_fails_leaves_the_rest_to_the_worker(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    operation = finalize(alice, key)
    assert operation.state == State.CHECKING
    assert "accepted" in operation.message
    settle_in(3, operation)
    assert operation.message == "Finalized: staging → in progress."


def test_a_refusal_is_read_again_and_shown_with_the_status(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    body = {"status_code": 400, "error": "No tasks yet"}
    refonte.fault("status", match=POST_FINALIZE, times=1, code=400, body=body)
    operation = finalize(alice, key)
    assert operation.state == State.REFUSED
    assert "No tasks yet" in operation.message
    assert "staging" in operation.message


def test_a_refusal_of_what_was_done_is_no_refusal(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=POST_FINALIZE, times=1, code=400, acting=True)
    operation = finalize(alice, key)
    assert (operation.state, operation.http_status) == (State.SUCCEEDED, 400)
    assert operation.message.startswith("Finalized: staging → in progress.")


@pytest.mark.parametrize(("acting", "state"), [(True, State.SUCCEEDED), (False, State.REFUSED)])
def test_a_refusal_that_cannot_be_read_at_once_is_read_later(
    refonte: Sandbox, alice: User, key: KeyHandle, acting: bool, state: State
) -> None:
    body = {"status_code": 400, "error": "No tasks yet"}
    refonte.fault("status", match=POST_FINALIZE, times=1, code=400, body=body, acting=acting)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    operation = finalize(alice, key)
    assert operation.state == State.CHECKING
    assert "No tasks yet" in operation.message
    settle_in(3, operation)
    assert operation.state == state
    assert ("No tasks yet" in operation.message) == (state == State.REFUSED)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("staging", "Finalized: staging → in progress."),
        ("in_progress", "Already so: the batch is in progress. Nothing was sent."),
        ("completed", "Already so: the batch is completed. Nothing was sent."),
    ],
)
def test_a_batch_whose_own_answer_tells_no_status_is_judged_by_its_status(
    refonte: Sandbox, alice: User, key: KeyHandle, before: str, words: str
) -> None:
    refonte.configure(fields="absent")
    refonte.add_batch("kitten-07", status=before)
    assert finalize(alice, key).message == words


def told_only_counts(refonte: Sandbox, **fault: int) -> None:
    refonte.fault("status", match=READ, code=200, body={"tasks_pending": 640}, **fault)


def test_an_unknown_status_is_no_success(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    told_only_counts(refonte)
    operation = finalize(alice, key)
    assert operation.state == State.UNCONFIRMED
    assert operation.message == "Refonte accepted it, but did not say what it changed."


def test_a_status_known_only_afterwards_is_no_success(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07", status="in_progress")
    told_only_counts(refonte, times=1)
    operation = finalize(alice, key)
    assert operation.state == State.UNCONFIRMED
    assert "in progress now, but its status before is unknown" in operation.message


def test_a_lost_answer_about_a_batch_of_unknown_status_is_no_claim_of_success(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07", status="in_progress")
    told_only_counts(refonte, times=1)
    refonte.fault("reset_after_acting", match=POST_FINALIZE, times=1)
    operation = finalize(alice, key)
    settle_until_given_up(operation)
    assert operation.state == State.UNCONFIRMED
    assert "Whether it was finalized is unknown" in operation.message


def test_a_vendor_that_cannot_be_read_first_is_not_sent_anything(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=READ, code=503)
    assert finalize(alice, key).state == State.NOT_SENT
    assert posts(refonte) == 0


def test_checks_without_an_answer_go_on(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    operation = unanswered(refonte, alice, key)
    refonte.fault("status", match=READ, code=503, times=6)
    settle_until_given_up(operation)
    assert operation.state == State.CHECKING


def unanswered(refonte: Sandbox, alice: User, key: KeyHandle) -> Operation:
    refonte.fault("reset_before_acting", match=POST_FINALIZE, times=1)
    return finalize(alice, key)


def test_a_batch_that_vanishes_stays_unconfirmed(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = unanswered(refonte, alice, key)
    refonte.remove("kitten-07")
    settle_until_given_up(operation)
    assert operation.state == State.UNCONFIRMED


def test_a_status_that_proves_nothing_stays_unconfirmed(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = unanswered(refonte, alice, key)
    refonte.set_status("kitten-07", "cancelled")
    settle_until_given_up(operation)
    assert operation.state == State.UNCONFIRMED
    assert "cancelled" in operation.message
