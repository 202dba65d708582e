"""Due date and owner of many batches: one form, one operation each, taken back together."""

from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from batches.models import (
    BatchNote,
    Operation,
    OperationEvent,
    RecordHead,
    RecordSeal,
    State,
    Verb,
)
from batches.services.attention.notes import set_note
from batches.services.attention.notes_of_many import NotesChange, set_back, set_notes
from batches.services.attention.read import note_of
from batches.services.keys.types import KeyHandle
from batches.services.operations import errors
from batches.services.operations.record import WRITES_A_MINUTE
from tests.support.clock import NOON
from tests.support.seals import findings
from tests.support.vendor import with_replaced_key

pytestmark = pytest.mark.usefixtures("clock")
DUE, LATER = NOON + timedelta(days=4), NOON + timedelta(days=9)
NAMES = ("kitten-1", "kitten-2", "kitten-3")


def due(at: Any) -> NotesChange:
    return NotesChange(fields=frozenset({"due_at"}), due_at=at)


def save(
    user: User, key: KeyHandle, change: NotesChange, names: tuple[str, ...] = NAMES, **more: Any
) -> list[Operation]:
    known: dict[str, Any] = {"form_id": uuid4()}
    return set_notes(user=user, key=key, names=names, change=change, **known | more)


def held(key: KeyHandle, name: str) -> tuple[Any, str, str]:
    note = note_of(fingerprints=key.fingerprints, name=name)
    return note.due_at, note.owner, note.text


def single(user: User, key: KeyHandle, name: str, **fields: Any) -> None:
    known: dict[str, Any] = {"form_id": uuid4(), "due_at": None, "owner": None, "text": ""}
    set_note(user=user, key=key, name=name, **known | fields)


def test_only_what_is_named_is_set_and_each_batch_has_its_operation(
    alice: User, vera: User, key: KeyHandle
):
    single(alice, key, "kitten-1", owner=vera, text="for the fair")
    made = save(alice, key, due(DUE))

    assert held(key, "kitten-1") == (DUE, "vera", "for the fair")
    assert held(key, "kitten-3") == (DUE, "", "")
    assert [one.batch_name for one in made] == [*NAMES]
    assert {(one.verb, one.state, one.username) for one in made} == {
        (Verb.NOTE, State.SUCCEEDED, "alice")
    }
    assert made[0].parameters["before"] == {"due_at": "", "owner": "vera", "text": "for the fair"}
    assert OperationEvent.objects.filter(operation__in=made).count() == 3


def test_all_of_them_are_sealed_in_their_order(alice: User, key: KeyHandle):
    single(alice, key, "kitten-9", due_at=DUE)
    save(alice, key, due(DUE))
    assert [seal.batch_name for seal in RecordSeal.objects.order_by("number")] == [
        "kitten-9",
        *NAMES,
    ]
    assert RecordHead.objects.get().count == 4
    assert findings() == []


def test_what_is_so_already_is_not_recorded(alice: User, key: KeyHandle):
    single(alice, key, "kitten-2", due_at=DUE)
    assert [one.batch_name for one in save(alice, key, due(DUE))] == ["kitten-1", "kitten-3"]
    assert save(alice, key, due(DUE)) == []


def test_the_owner_is_set_and_removed(alice: User, vera: User, key: KeyHandle):
    save(alice, key, NotesChange(fields=frozenset({"owner"}), owner=vera))
    assert held(key, "kitten-1") == (None, "vera", "")
    save(alice, key, NotesChange(fields=frozenset({"owner", "due_at"}), due_at=DUE))
    assert held(key, "kitten-1") == (DUE, "", "")


def test_a_form_that_is_sent_twice_is_recorded_once(alice: User, key: KeyHandle):
    form = uuid4()
    save(alice, key, due(DUE), form_id=form)
    with pytest.raises(errors.AlreadySent):
        save(alice, key, due(LATER), form_id=form)
    assert Operation.objects.count() == 3
    assert held(key, "kitten-1")[0] == DUE


def test_a_thousand_are_one_change_of_the_minute(alice: User, key: KeyHandle):
    many = tuple(f"kitten-{number}" for number in range(1_000))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(save(alice, key, due(DUE), many)) == 1_000
    assert len(queries) < 200  # some hundreds of rows in each
    for number in range(WRITES_A_MINUTE - 1):
        single(alice, key, "kitten-1", text=f"{number}")
    with pytest.raises(errors.TooMany):
        save(alice, key, due(LATER), ("kitten-2",))


def test_what_was_noted_before_a_key_was_replaced_counts(alice: User, key: KeyHandle):
    single(alice, key, "kitten-1", text="earlier")
    new = with_replaced_key(key)
    save(alice, new, due(DUE), ("kitten-1",))
    assert held(new, "kitten-1") == (DUE, "", "earlier")
    assert BatchNote.objects.count() == 2


@pytest.mark.parametrize("error", [OperationalError, IntegrityError])
def test_where_nothing_can_be_written_nothing_is_set(
    alice: User, key: KeyHandle, error: type[Exception]
):
    expected = errors.CannotRecord if error is OperationalError else errors.KeyGone
    with (
        mock.patch.object(OperationEvent.objects, "bulk_create", side_effect=error),
        pytest.raises(expected) as refused,
    ):
        save(alice, key, due(DUE))
    assert not BatchNote.objects.exists()
    assert refused.value.message


def test_it_is_set_back_to_what_each_had_before(alice: User, vera: User, key: KeyHandle):
    single(alice, key, "kitten-1", due_at=LATER, text="kept")
    single(alice, key, "kitten-2", owner=vera)
    form = uuid4()
    change = NotesChange(fields=frozenset({"due_at", "owner"}), due_at=DUE, owner=alice)
    save(alice, key, change, form_id=form)
    single(alice, key, "kitten-3", due_at=LATER)  # changed since

    assert set_back(user=alice, key=key, form_id=uuid4(), of=form) == (2, 1)
    assert held(key, "kitten-1") == (LATER, "", "kept")
    assert held(key, "kitten-2") == (None, "vera", "")
    assert held(key, "kitten-3") == (LATER, "", "")


def test_an_owner_whose_account_is_gone_is_not_set_again(alice: User, vera: User, key: KeyHandle):
    single(alice, key, "kitten-1", owner=vera)
    form = uuid4()
    save(alice, key, NotesChange(fields=frozenset({"owner"}), owner=alice), form_id=form)
    vera.delete()
    set_back(user=alice, key=key, form_id=uuid4(), of=form)
    assert held(key, "kitten-1") == (None, "", "")


@pytest.mark.parametrize("of", [uuid4(), None])
def test_nobody_sets_back_what_is_not_theirs(
    alice: User, bob: User, key: KeyHandle, of: UUID | None
):
    form = uuid4()
    save(alice, key, due(DUE), form_id=form)
    assert set_back(user=bob, key=key, form_id=uuid4(), of=of or form) == (0, 0)
    assert held(key, "kitten-1")[0] == DUE
