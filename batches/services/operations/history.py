"""Single operations, and those of one batch: what was sent, by whom, and what came after it."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.models.names import name_digest
from batches.services import sql
from batches.services.clock import CLOCKS_APART, is_ahead
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable
from batches.services.operations.listing import readable_of, visible_operations

SENT = (State.SUCCEEDED, State.UNCONFIRMED)


def find_operation(*, user: User, operation_id: UUID) -> Operation | None:
    """None for an unknown operation, and for one that the user may not see."""
    rows = visible_operations(user=user).select_related("key__owner", "user", "bulk")
    return rows.filter(id=operation_id).first()


def last_priorities(*, key: KeyHandle, names: Iterable[str]) -> dict[str, Operation]:
    """The last priority sent to each batch with the key, or with one it has replaced.

    Succeeded or unconfirmed.
    """
    # PostgreSQL refuses the whole query for one name with a NUL
    storable = [name for name in names if is_storable(name)]
    if not storable:
        return {}
    rows = sql.find_priorities(fingerprints=key.fingerprints, names=storable)
    # oldest first, so that the newest of a batch replaces those before it
    return {row.batch_name: row for row in rows}


def operations_of(*, key: KeyHandle, name: str, limit: int) -> tuple[Operation, ...]:
    """What was sent for a batch with the key, or with one it has replaced, newest first."""
    return tuple(sql.find_operations(fingerprints=key.fingerprints, name=name, limit=limit))


def newer_priority(
    *, operation: Operation, fingerprints: Iterable[str], among: QuerySet[Operation] | None = None
) -> Operation | None:
    """A priority that was asked for after this one, and is sent or just being sent.

    fingerprints: of the key it was begun with, from before and after a replacement.
    among: rows that the user may see, where it is to be shown.
    """
    rows = Operation.objects.all() if among is None else among  # before sending, any one counts
    now = timezone.now()
    if not is_ahead(operation.created_at, now=now):
        # a time ahead of now was recorded before the clock was set back, so it is no newer one
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
    """The same among operations that the user may see."""
    key = operation.key
    return newer_priority(
        operation=operation,
        fingerprints=[key.fingerprint, *key.earlier] if key else (),
        among=visible_operations(user=user),
    )


def priorities_before(
    *, user: User, keys: tuple[KeyHandle, ...], operations: Iterable[Operation]
) -> dict[UUID, int]:
    """What each priority replaced, by the id of its operation, where that was set from here."""
    asked = [one for one in operations if one.verb == Verb.PRIORITIZE]
    if not asked:
        return {}
    readable = readable_of(user=user, keys=keys)
    digests = {name_digest(one.batch_name) for one in asked}
    rows = Operation.objects.filter(
        batch_digest__in=digests,
        fingerprint__in={one.fingerprint for one in asked},
        verb=Verb.PRIORITIZE,
        state__in=SENT,
    )
    if not user.is_superuser:  # an own operation with a key that others have as well
        rows = rows.filter(fingerprint__in=readable) | rows.filter(user=user)
    earlier: dict[tuple[str, str], list[Operation]] = {}
    for row in rows.order_by("created_at"):
        earlier.setdefault((row.fingerprint, row.batch_name), []).append(row)
    found = {}
    for one in asked:
        others = earlier.get((one.fingerprint, one.batch_name), [])
        before = [row for row in others if row.created_at < one.created_at]
        if before:
            found[one.id] = before[-1].parameters["priority"]
    return found
