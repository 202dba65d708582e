"""Setting due date, owner and note: once, in the record, under the key and its former values."""

from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from batches.models import BatchNote, Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.attention.changes import sets_due_date
from batches.services.attention.notes import set_note
from batches.services.attention.read import note_of, notes_of
from batches.services.keys.types import KeyHandle
from batches.services.operations import errors, queues
from batches.services.operations.record import WRITES_A_MINUTE
from tests.support.clock import NOON
from tests.support.operations import prioritize
from tests.support.vendor import KeyMaker, with_replaced_key

pytestmark = pytest.mark.usefixtures("clock")
DUE = NOON + timedelta(days=4, hours=8)
NAME = "kitten-07"


def save(user: User, key: KeyHandle, **fields: Any) -> Operation | None:
    known: dict[str, Any] = {"form_id": uuid4(), "due_at": None, "owner": None, "text": ""}
    return set_note(user=user, key=key, name=NAME, **known | fields)


def held(key: KeyHandle) -> tuple[Any, str, str]:
    note = note_of(fingerprints=key.fingerprints, name=NAME)
    return note.due_at, note.owner, note.text


def test_a_note_is_stored_and_stands_in_the_record(
    alice: User, vera: User, key: KeyHandle, refonte: Sandbox
):
    save(alice, key, due_at=DUE)
    operation = save(alice, key, due_at=DUE, owner=vera, text="asked for on Monday")

    assert held(key) == (DUE, "vera", "asked for on Monday")
    assert operation
    assert (operation.verb, operation.state, operation.username) == (
        Verb.NOTE,
        State.SUCCEEDED,
        "alice",
    )
    assert operation.parameters["before"] == {"due_at": DUE.isoformat(), "owner": "", "text": ""}
    assert (operation.sent_at, operation.settled_at) == (None, timezone.now())
    assert [event.message for event in operation.events.all()] == [operation.message]
    assert refonte.calls == []


def test_nothing_of_a_note_is_left_to_the_worker(alice: User, key: KeyHandle):
    save(alice, key, due_at=DUE)
    assert queues.due_keys(now=timezone.now() + timedelta(hours=1)) == []


def test_what_is_noted_already_is_not_recorded_again(alice: User, key: KeyHandle):
    save(alice, key, due_at=DUE)
    assert save(alice, key, due_at=DUE) is None
    assert Operation.objects.count() == 1


def test_a_form_posted_twice_is_recorded_once(alice: User, key: KeyHandle):
    form_id = uuid4()
    first = save(alice, key, due_at=DUE, form_id=form_id)
    with pytest.raises(errors.AlreadySent) as again:
        save(alice, key, due_at=DUE, form_id=form_id)
    assert again.value.operation == first
    with pytest.raises(errors.FormReused):
        save(alice, key, text="another", form_id=form_id)
    assert Operation.objects.count() == 1


def test_a_note_is_found_after_its_key_was_replaced(alice: User, key: KeyHandle):
    save(alice, key, due_at=DUE, text="old")
    replaced = with_replaced_key(key)
    assert held(replaced)[0] == DUE

    operation = save(alice, replaced, text="new")

    assert held(replaced) == (None, "", "new")
    assert operation
    assert operation.parameters["before"]["text"] == "old"
    assert held(key)[2] == "old"
    names = notes_of(fingerprint=replaced.fingerprint, earlier=[key.fingerprint], names=[NAME])
    assert names[NAME].text == "new"


def test_another_key_has_another_note(alice: User, bob: User, key: KeyHandle, key_for: KeyMaker):
    save(alice, key, due_at=DUE)
    other = key_for(bob, mode="test")
    assert held(other) == (None, "", "")


def test_a_note_can_be_emptied(alice: User, key: KeyHandle):
    save(alice, key, due_at=DUE, text="a")
    operation = save(alice, key)
    assert operation
    assert sets_due_date(operation.parameters)
    assert not note_of(fingerprints=key.fingerprints, name=NAME).is_set


@pytest.mark.parametrize("name", ["a\x00b", "x" * 2000])
def test_a_name_that_no_row_can_hold_is_refused(alice: User, key: KeyHandle, name: str):
    with pytest.raises(errors.NoSuchRow):
        set_note(user=alice, key=key, name=name, form_id=uuid4(), due_at=DUE, owner=None, text="")
    assert not BatchNote.objects.exists()


def test_where_the_record_cannot_be_written_nothing_is_stored(alice: User, key: KeyHandle):
    failing = mock.patch.object(Operation, "save", side_effect=OperationalError("read-only"))
    with failing, pytest.raises(errors.CannotRecord, match="nothing was saved"):
        save(alice, key, due_at=DUE)
    assert not BatchNote.objects.exists()


def test_notes_and_writes_have_limits_of_their_own(alice: User, key: KeyHandle, refonte: Sandbox):
    refonte.add_batch(NAME)
    for number in range(WRITES_A_MINUTE):
        save(alice, key, text=str(number))
    with pytest.raises(errors.TooMany):
        save(alice, key, text="one too many")
    assert prioritize(alice, key).state == State.SUCCEEDED


def test_an_owner_whose_account_is_deleted_is_gone(alice: User, vera: User, key: KeyHandle):
    save(alice, key, owner=vera)
    vera.delete()
    assert held(key) == (None, "", "")
