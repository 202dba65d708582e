"""Creating: sent once, whatever becomes of its answer."""

from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import ledger, queues
from batches.services.vendor import calls
from tests.support.operations import (
    POST_CREATE,
    READ,
    create,
    prioritize,
    settle_in,
    settle_until_given_up,
    states_of,
    unsaved_operation,
)
from tests.support.vendor import with_replaced_key


@pytest.fixture(autouse=True)
def _project(refonte: Sandbox) -> None:
    refonte.add_project("kittens")


def test_takes_two_calls_and_succeeds(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    operation = create(alice, key, callback="ops@example.com")
    assert operation.state == State.SUCCEEDED
    assert [call.method for call in refonte.calls] == ["GET", "POST"]
    assert states_of(operation) == ["waiting", "sending", "succeeded"]
    assert operation.settled_at
    assert operation.leased_until is None


def test_sends_the_fields_under_the_vendors_names(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_project("quick", kind="rapid", calibrated=False)
    create(alice, key, project="quick", callback="https://x.example/", calibration_batch=True)
    (call,) = refonte.calls_to("POST", "/batches")
    assert call.body == (
        b'{"project": "quick", "name": "kitten-07", "callback": "https://x.example/", '
        b'"calibration_batch": true}'
    )


def test_a_taken_name_is_refused_before_anything_is_sent(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07", project="dogs")
    operation = create(alice, key)
    assert operation.state == State.REFUSED
    assert "in the project dogs" in operation.message
    assert refonte.calls_to("POST", "/batches") == []


def lose_the_read_too(refonte: Sandbox, *, times: int = 1) -> None:
    """The read after the POST gets no answer either, and is left to the worker."""
    refonte.fault("status", match=READ, times=times, skip=1, code=503)


def test_a_lost_answer_is_found_by_reading_before_the_page_answers(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    operation = create(alice, key)
    assert operation.state == State.SUCCEEDED
    assert operation.message == "Created. The reply was lost, but the batch was found."
    assert [call.method for call in refonte.calls] == ["GET", "POST", "GET"]
    assert states_of(operation) == ["waiting", "sending", "succeeded"]


def test_what_cannot_be_read_at_once_is_found_by_the_worker(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    lose_the_read_too(refonte)
    operation = create(alice, key)
    assert operation.state == State.CHECKING
    assert "Do not send it again" in operation.message
    assert settle_in(3, operation) == 1
    assert operation.state == State.SUCCEEDED
    assert len(refonte.calls_to("POST", "/batches")) == 1


def test_a_read_that_no_longer_fits_into_the_time_is_the_workers(
    refonte: Sandbox, alice: User, key: KeyHandle, settings: Settings
) -> None:
    settings.REFONTE_TIMEOUT = 4
    refonte.fault("hang", match=POST_CREATE, times=1, acting=True)
    operation = create(alice, key)
    assert operation.state == State.CHECKING
    assert [call.method for call in refonte.calls] == ["GET", "POST"]
    settle_in(3, operation)
    assert operation.state == State.SUCCEEDED


def test_what_stays_absent_is_not_done_after_the_last_check(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_before_acting", match=POST_CREATE, times=1)
    operation = create(alice, key)
    for seconds in (3, 9, 25):
        settle_in(seconds, operation)
        assert operation.state == State.CHECKING
    settle_in(90, operation)
    assert operation.state == State.NOT_DONE
    assert "You may send it again" in operation.message
    assert operation.checks == 4


def test_an_absent_batch_is_checked_after_2_5_15_and_60_seconds(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_before_acting", match=POST_CREATE, times=1)
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        operation = create(alice, key)
        while operation.next_check_at:
            pauses.append((operation.next_check_at - timezone.now()).total_seconds())
            clock.move_to(operation.next_check_at)
            assert queues.settle_due_operations(now=timezone.now()) == 1
            operation.refresh_from_db()
    assert pauses == [2, 5, 15, 60]


def test_a_batch_that_shows_late_is_still_found(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("invisible", match=POST_CREATE, times=1, seconds=20)
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    operation = create(alice, key)
    settle_in(3, operation)
    assert operation.state == State.CHECKING
    settle_in(25, operation)
    assert operation.state == State.SUCCEEDED


def test_a_check_without_an_answer_does_not_count_as_absent(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    lose_the_read_too(refonte, times=2)
    operation = create(alice, key)
    calls.safeguards.cache_clear()  # three lost answers in a row would open it
    settle_in(3, operation)
    assert operation.state == State.CHECKING
    assert "got no answer either" in operation.message


def test_a_batch_of_another_project_is_not_ours(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_before_acting", match=POST_CREATE, times=1)
    operation = create(alice, key)
    refonte.add_batch("kitten-07", project="dogs")
    settle_in(3, operation)
    assert operation.state == State.REFUSED
    assert "somebody else" in operation.message


def test_an_older_batch_is_not_taken_for_ours(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_before_acting", match=POST_CREATE, times=1)
    operation = create(alice, key)
    old = timezone.now() - timedelta(minutes=5)
    refonte.add_batch("kitten-07", project="kittens", created_at=old)
    settle_in(3, operation)
    assert operation.state == State.REFUSED


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, State.SUCCEEDED), (59, State.SUCCEEDED), (61, State.REFUSED)]
)
def test_a_batch_may_be_ours_from_a_minute_before_the_vendors_no(
    refonte: Sandbox, alice: User, key: KeyHandle, seconds: float, state: State
) -> None:
    refonte.fault("reset_before_acting", match=POST_CREATE, times=1)
    operation = create(alice, key)
    assert operation.vendor_date
    made = operation.vendor_date - timedelta(seconds=seconds)
    refonte.add_batch("kitten-07", project="kittens", created_at=made)
    settle_in(3, operation)
    assert operation.state == state


@pytest.fixture
def _lost(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    """An attempt of Alice's that got through, and of which nothing is known yet."""
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    lose_the_read_too(refonte)
    create(alice, key)


@pytest.mark.usefixtures("_lost")
@pytest.mark.parametrize("is_replaced", [False, True])
def test_what_an_open_attempt_of_ours_may_have_made_is_neither_sent_nor_done_twice(
    refonte: Sandbox, alice: User, key: KeyHandle, is_replaced: bool
) -> None:
    again = create(alice, with_replaced_key(key) if is_replaced else key, priority=30)
    assert again.state == State.NO_EFFECT
    assert "perhaps created by an earlier request from here" in again.message
    assert len(refonte.calls_to("POST", "/batches")) == 1
    first = Operation.objects.earliest("created_at")
    settle_in(3, first)
    assert first.state == State.SUCCEEDED
    assert refonte.priorities_of("kitten-07") == []


@pytest.mark.usefixtures("_lost")
def test_a_batch_made_by_an_open_attempt_with_other_settings_is_not_the_one_asked_for(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    again = create(alice, key, callback="https://two.example/", priority=30)
    assert again.state == State.REFUSED
    assert "which had other settings" in again.message
    assert again.field == "name"
    assert refonte.priorities_of("kitten-07") == []


@pytest.mark.usefixtures("_lost")
def test_a_name_that_a_request_of_ours_is_just_taking_is_no_reason_for_another_name(
    alice: User, key: KeyHandle
) -> None:
    Operation.objects.update(leased_until=timezone.now() + timedelta(seconds=10))
    again = create(alice, key)
    assert again.state == State.REFUSED
    assert "by a request from here that is under way" in again.message
    assert "another name" not in again.message


@pytest.mark.usefixtures("_lost")
def test_a_conflict_with_an_open_attempt_of_ours_leaves_both_unconfirmed(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=READ, times=1, code=404)
    again = create(alice, key)
    assert (again.state, again.http_status) == (State.UNCONFIRMED, 409)
    first = Operation.objects.earliest("created_at")
    settle_in(3, first)
    assert first.state == State.UNCONFIRMED
    assert len(refonte.calls_to("POST", "/batches")) == 2


def test_a_conflict_with_a_batch_of_another_project_is_a_refusal(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.add_batch("kitten-07", project="dogs")
    refonte.fault("status", match=READ, times=1, code=404)
    operation = create(alice, key)
    assert operation.state == State.REFUSED
    assert "created by somebody else: it is in the project dogs" in operation.message
    assert operation.found_at
    assert operation.field == "name"


def test_a_conflict_about_a_batch_that_never_shows_is_not_done(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=POST_CREATE, times=1, code=409)
    operation = create(alice, key)
    assert operation.state == State.CHECKING
    assert "perhaps by this very request" in operation.message
    settle_until_given_up(operation)
    assert operation.state == State.NOT_DONE
    assert "You may send it again" in operation.message


def test_an_unknown_project_is_refused_in_the_vendors_words(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    operation = create(alice, key, project="nowhere")
    assert operation.state == State.REFUSED
    assert "does not know the project" in operation.message
    assert "nowhere" in operation.message


def test_a_throttled_create_waits_and_is_sent_by_the_worker(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match=POST_CREATE, times=1, code=429, headers={"Retry-After": "2"})
    operation = create(alice, key)
    assert operation.state == State.WAITING
    assert settle_in(1, operation) == 0
    settle_in(3, operation)
    assert operation.state == State.SUCCEEDED
    assert states_of(operation).count("sending") == 2


def test_a_vendor_that_cannot_be_reached_was_not_sent_anything(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.stop()
    operation = create(alice, key)
    assert operation.state == State.NOT_SENT
    assert "Nothing was sent" in operation.message


def test_a_refused_key_refuses_the_operation(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    refonte.fault("status", times=1, code=401)
    operation = create(alice, key)
    assert operation.state == State.REFUSED
    assert "refused the key" in operation.message


def test_nothing_is_sent_with_less_than_half_the_time_left(
    refonte: Sandbox, alice: User, key: KeyHandle, settings: Settings
) -> None:
    settings.REFONTE_TIMEOUT = 1
    refonte.fault("latency", match=READ, times=1, seconds=0.6)
    operation = create(alice, key)
    assert operation.state == State.NOT_SENT
    assert [event.message for event in operation.events.all()][1] == "About to send it to Refonte."
    assert refonte.calls_to("POST", "/batches") == []


def test_the_first_priority_is_an_operation_of_its_own(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    create(alice, key, priority=30)
    assert refonte.priorities_of("kitten-07") == [30]
    follow_up = Operation.objects.get(verb=Verb.PRIORITIZE)
    assert follow_up.state == State.SUCCEEDED


def test_a_create_is_not_denied_where_its_first_priority_cannot_be_recorded(
    alice: User, key: KeyHandle, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = mock.Mock(side_effect=OperationalError("disk full"))
    monkeypatch.setattr(ledger, "acquire_lease", fails)
    operation = create(alice, key, priority=30)
    assert operation.state == State.SUCCEEDED
    assert len(refonte.calls_to("POST", "/batches")) == 1


def test_a_create_has_one_first_priority(alice: User, key: KeyHandle) -> None:
    operation = create(alice, key, priority=30)
    ledger.record_first_priority(operation)
    [follow_up] = operation.follow_ups.all()
    assert follow_up.parent == operation
    again = unsaved_operation(
        alice, key, parent=operation, verb=Verb.PRIORITIZE, created_at=timezone.now()
    )
    with pytest.raises(IntegrityError):
        again.save()


def test_the_first_priority_follows_a_create_that_is_settled_later(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    lose_the_read_too(refonte)
    operation = create(alice, key, priority=30)
    settle_in(3, operation)
    settle_in(4)
    settle_in(5)
    assert refonte.priorities_of("kitten-07") == [30]


def test_the_first_priority_does_not_undo_one_set_before_the_batch_was_found(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    lose_the_read_too(refonte)
    operation = create(alice, key, priority=30)
    prioritize(alice, key, priority=10)
    settle_in(3, operation)
    settle_in(4)
    assert refonte.priorities_of("kitten-07") == [10]
    follow_up = ledger.first_priority_of(operation=operation)
    assert follow_up
    assert follow_up.state == State.NOT_SENT


def test_no_priority_is_sent_for_a_batch_that_was_not_created(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_before_acting", match=POST_CREATE, times=1)
    operation = create(alice, key, priority=30)
    settle_until_given_up(operation)
    assert not Operation.objects.filter(verb=Verb.PRIORITIZE).exists()


def test_a_found_batch_without_facts_names_what_is_missing(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=200, body={"name": "kitten-07"})
    operation = create(alice, key)
    assert operation.state == State.SUCCEEDED
    assert "did not say its project nor when it was created" in operation.message
