"""Sets due date, owner and note of a batch. They are kept here alone: Refonte has no such fields.

Each change is an operation, so that it stands in the record with who made it and what was before.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import BatchNote, Operation, Verb
from batches.models.names import name_digest
from batches.services.attention.read import note_of
from batches.services.keys.types import KeyHandle
from batches.services.operations.errors import CannotRecord
from batches.services.operations.record import WriteRequest, record_done

SAVED = "Saved in this console. Refonte does not know these."
NOT_SAVED = (
    "This console cannot write to its database just now, so nothing was saved. "
    "Save it again in a minute; if it persists, tell an administrator."
)


def set_note(
    *,
    user: User,
    key: KeyHandle,
    form_id: UUID,
    name: str,
    due_at: datetime | None,
    owner: User | None,
    text: str,
) -> Operation | None:
    """Store all three. None where they are as they were: then nothing is recorded.

    The caller has checked that the person may operate with the key. Raises OperationsError where
    nothing was stored.
    """
    request = WriteRequest(
        user=user,
        key=key,
        form_id=form_id,
        verb=Verb.NOTE,
        batch_name=name,
        parameters=words_of(due_at, owner.get_username() if owner else "", text),
    )

    def change() -> dict[str, Any] | None:
        row = {"fingerprint": key.fingerprint, "digest": name_digest(name)}
        # of two people who save at the same time, the second records what the first has set
        BatchNote.objects.select_for_update().filter(**row).first()
        held = note_of(fingerprints=key.fingerprints, name=name)
        before = words_of(held.due_at, held.owner, held.text)
        if before == request.parameters:
            return None
        values = {"due_at": due_at, "owner": owner, "text": text, "changed_at": timezone.now()}
        # what was noted with an earlier value of the key stays under that one
        BatchNote.objects.update_or_create(
            **row, defaults=values, create_defaults=values | {"name": name}
        )
        return before

    try:
        return record_done(request, change=change, message=SAVED)
    except CannotRecord as error:
        raise CannotRecord(NOT_SAVED) from error


def words_of(due_at: datetime | None, owner: str, text: str) -> dict[str, str]:
    """As the parameters of an operation have them."""
    due = due_at.astimezone(UTC).isoformat() if due_at else ""
    return {"due_at": due, "owner": owner, "text": text}
