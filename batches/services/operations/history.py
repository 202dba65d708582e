"""Who did what: seen by all who may read with the key it was done with."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.models.names import name_digest, name_digests
from batches.services.clock import CLOCKS_APART, is_ahead
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable
from batches.services.operations.listing import visible_operations
from batches.services.sql import placeholders, select

SENT = (State.SUCCEEDED, State.UNCONFIRMED)

# Written out, as polls ask these: Django would take five times as long to build them as the
# database takes to answer.
PRIORITIES = """
    SELECT id, batch_name, state, username, parameters, sent_at FROM batches_operation
     WHERE fingerprint IN ({}) AND verb = %s AND state IN (%s, %s) AND batch_digest IN ({})
     ORDER BY sent_at, id
"""
OF_BATCH = """
    SELECT * FROM batches_operation WHERE fingerprint IN ({}) AND batch_digest = %s
     ORDER BY created_at DESC LIMIT %s
"""


def find_operation(*, user: User, operation_id: UUID) -> Operation | None:
    """One operation; None for an unknown one and for an unseen one alike."""
    rows = visible_operations(user=user).select_related("key__owner", "user")
    return rows.filter(id=operation_id).first()


def last_priorities(*, key: KeyHandle, names: Iterable[str]) -> dict[str, Operation]:
    """The last priority sent to each batch: succeeded, or unconfirmed and to be shown as such.

    With this key, or with one that it has replaced.
    """
    asked = [name for name in names if is_storable(name)]
    if not asked:
        return {}
    query = PRIORITIES.format(placeholders(key.fingerprints), placeholders(asked))
    # oldest first, so that the newest stays; a batch is seldom prioritized more than a few times
    rows = select(
        Operation, query, [*key.fingerprints, Verb.PRIORITIZE, *SENT, *name_digests(asked)]
    )
    return {operation.batch_name: operation for operation in rows}


def operations_of(*, key: KeyHandle, name: str, limit: int) -> tuple[Operation, ...]:
    """What was sent for one batch with one key, or with one it has replaced, newest first."""
    query = OF_BATCH.format(placeholders(key.fingerprints))
    return tuple(select(Operation, query, [*key.fingerprints, name_digest(name), limit]))


def newer_priority(
    *, operation: Operation, fingerprints: Iterable[str], among: QuerySet[Operation] | None = None
) -> Operation | None:
    """A priority asked for after this one, and sent or on its way: this one would undo it.

    fingerprints: of the key it was begun with, from before and after a replacement.
    among: what somebody may see, where it is to be shown.
    """
    rows = Operation.objects.all() if among is None else among
    now = timezone.now()
    if not is_ahead(operation.created_at, now=now):
        # what lies ahead was asked for before the clock was set back
        rows = rows.exclude(created_at__gt=now + CLOCKS_APART)
    return (
        rows.filter(
            fingerprint__in={operation.fingerprint, *fingerprints},
            batch_digest=name_digest(operation.batch_name),
            verb=Verb.PRIORITIZE,
            state__in=(*SENT, State.SENDING),
            created_at__gt=operation.created_at,
        )
        .order_by("-sent_at")
        .first()
    )


def find_newer_priority(*, user: User, operation: Operation) -> Operation | None:
    """The same, as far as a person may see it."""
    key = operation.key
    return newer_priority(
        operation=operation,
        fingerprints=[key.fingerprint, *key.earlier] if key else (),
        among=visible_operations(user=user),
    )
