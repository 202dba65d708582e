"""Sets due date or owner of many batches at once, and sets them back.

Each batch has an operation of its own, as `notes.set_note` makes it; all are of one form.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import BatchNote, Operation, Verb
from batches.models.names import name_digests
from batches.services.attention.changes import changes_of
from batches.services.attention.notes import NOT_SAVED, SAVED, words_of
from batches.services.attention.read import notes_of
from batches.services.attention.types import Note
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable
from batches.services.operations.errors import CannotRecord
from batches.services.operations.record import WriteRequest
from batches.services.operations.record_many import Changed, record_all_done, recorded_together

SET_BACK = "Set back in this console to what it was before."
NOTHING = Note()
Edit = Callable[[str, Note], Note]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesChange:
    """What is set for all of them; a field that is not named in `fields` stays as it is."""

    fields: frozenset[str]
    due_at: datetime | None = None
    owner: User | None = None

    def apply(self, note: Note) -> Note:
        if "due_at" in self.fields:
            note = replace(note, due_at=self.due_at)
        if "owner" in self.fields:
            owner = self.owner
            note = replace(
                note,
                owner_id=owner.pk if owner else None,
                owner=owner.get_username() if owner else "",
            )
        return note


def set_notes(
    *, user: User, key: KeyHandle, form_id: UUID, names: Sequence[str], change: NotesChange
) -> list[Operation]:
    """Of the batches that were changed, in the order of the names. Raises OperationsError.

    The caller has checked that the person may operate with the key.
    """
    return _record(user, key, form_id, names, lambda _, note: change.apply(note), SAVED)


def set_back(*, user: User, key: KeyHandle, form_id: UUID, of: UUID) -> tuple[int, int]:
    """Undo what the form `of` changed. How many were set back, and how many were changed since.

    A batch whose note was changed since by anybody stays as it is. Raises OperationsError.
    """
    made = [
        one
        for one in recorded_together(user=user, form_id=of)
        if one.verb == Verb.NOTE and one.fingerprint in key.fingerprints
    ]
    by_name = {one.batch_name: one for one in made}
    owners = _owners(one.parameters["before"].get("owner", "") for one in made)

    def edit(name: str, note: Note) -> Note:
        return _as_before(by_name[name], note, owners)

    done = _record(user, key, form_id, [*by_name], edit, SET_BACK)
    return len(done), len(made) - len(done)


def _record(
    user: User, key: KeyHandle, form_id: UUID, names: Sequence[str], edit: Edit, message: str
) -> list[Operation]:
    request = WriteRequest(user=user, key=key, form_id=form_id, verb=Verb.NOTE, batch_name="")
    storable = [name for name in names if is_storable(name)]
    try:
        return record_all_done(
            request, change=lambda: _change(key, storable, edit), message=message
        )
    except CannotRecord as error:
        raise CannotRecord(NOT_SAVED) from error


def _change(key: KeyHandle, names: Sequence[str], edit: Edit) -> list[Changed]:
    """Within a transaction. Those that the edit leaves as they are are not in the result."""
    rows = BatchNote.objects.filter(fingerprint=key.fingerprint, digest__in=name_digests(names))
    # of two people who save at the same time, the second records what the first has set
    list(rows.select_for_update().order_by("pk").values_list("pk"))
    held = _held(key, names)
    edited = {name: edit(name, held.get(name, NOTHING)) for name in names}
    new = {name: note for name, note in edited.items() if note != held.get(name, NOTHING)}
    _store(key, new)
    return [
        Changed(
            batch_name=name,
            parameters=_words(note),
            before=_words(held.get(name, NOTHING)),
        )
        for name, note in new.items()
    ]


def _held(key: KeyHandle, names: Sequence[str]) -> dict[str, Note]:
    found = notes_of(fingerprint=key.fingerprint, names=names, earlier=key.earlier)
    return {
        name: Note(
            due_at=row.due_at,
            owner_id=row.owner_id,
            owner=row.owner.get_username() if row.owner else "",
            text=row.text,
        )
        for name, row in found.items()
    }


def _store(key: KeyHandle, notes: Mapping[str, Note]) -> None:
    now = timezone.now()
    BatchNote.objects.bulk_create(
        (
            BatchNote(
                fingerprint=key.fingerprint,
                name=name,
                due_at=note.due_at,
                owner_id=note.owner_id,
                text=note.text,
                changed_at=now,
            )
            for name, note in notes.items()
        ),
        update_conflicts=True,
        unique_fields=("fingerprint", "digest"),
        update_fields=("due_at", "owner", "text", "changed_at"),
    )


def _words(note: Note) -> dict[str, str]:
    return words_of(note.due_at, note.owner, note.text)


def _owners(names: Iterable[str]) -> dict[str, User]:
    wanted = {name for name in names if name}
    return {one.get_username(): one for one in User.objects.filter(username__in=wanted)}


def _as_before(operation: Operation, note: Note, owners: Mapping[str, User]) -> Note:
    """The note with what the operation changed set back; as it is where it was changed since."""
    changed = [*changes_of(operation.parameters)]
    now = _words(note)
    if any(now[name] != after for name, _, after in changed):
        return note
    before = {name: was for name, was, _ in changed}
    if (due := before.get("due_at")) is not None:
        note = replace(note, due_at=datetime.fromisoformat(due) if due else None)
    if (name := before.get("owner")) is not None:
        # an account that was deleted since owns nothing
        owner = owners.get(name)
        note = replace(note, owner_id=owner.pk if owner else None, owner=name if owner else "")
    return note
