"""Who did what: seen by all who may read with the key it was done with."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from batches.models import Operation, State, Verb
from batches.models.names import name_digest, name_digests
from batches.services.keys import list_readable_keys, readable_fingerprints
from batches.services.page_key import PageKey
from batches.services.seen import is_storable
from batches.services.sql import placeholders, select

PAGE_SIZE = 50
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsPage:
    """`older` is the `before` of the next page, None on the last."""

    operations: tuple[Operation, ...]
    older: UUID | None


def visible_operations(*, user: User) -> QuerySet[Operation]:
    """One's own, those of every key one may read with, past fingerprints too; all for admins."""
    if user.is_superuser:
        return Operation.objects.all()
    readable = readable_fingerprints(list_readable_keys(user=user))
    return Operation.objects.filter(Q(user=user) | Q(fingerprint__in=readable))


def find_operation(*, user: User, operation_id: UUID) -> Operation | None:
    """One operation; None for an unknown one and for an unseen one alike."""
    rows = visible_operations(user=user).select_related("key__owner", "user")
    return rows.filter(id=operation_id).first()


def list_operations(
    *,
    user: User,
    batch: str = "",
    person: str = "",
    state: str = "",
    before: UUID | None = None,
    limit: int = PAGE_SIZE,
) -> OperationsPage:
    """Newest first. `before` is the id of the last row already seen."""
    visible = rows = visible_operations(user=user)
    if batch:
        rows = rows.filter(batch_digest=name_digest(batch))
    if person:
        rows = rows.filter(username=person)
    if state:
        rows = rows.filter(state=state)
    if before and (last := visible.filter(id=before).first()):
        at, same = Q(created_at__lt=last.created_at), Q(created_at=last.created_at)
        rows = rows.filter(at | same & Q(id__lt=last.id))
    found = tuple(rows[: limit + 1])
    page = found[:limit]
    return OperationsPage(operations=page, older=page[-1].id if len(found) > limit else None)


def last_priorities(*, key: PageKey, names: Iterable[str]) -> dict[str, Operation]:
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


def operations_of(*, key: PageKey, name: str, limit: int) -> tuple[Operation, ...]:
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
