"""Competing operations: those of this console that may have had the effect of another one."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet

from batches.models import Operation, State, Verb
from batches.models.names import name_digest
from batches.services.operations.listing import visible_operations

# A batch may show late, and the clocks of the machines that date it may differ by as much.
SLACK = timedelta(seconds=60)
# Nothing waits longer before it is sent, so older operations do not compete.
LONGEST_OPEN = timedelta(hours=25)
HAD_NO_EFFECT = (State.NOT_SENT, State.REFUSED)
SOMEBODY = "somebody else"


def lock_competing(operation: Operation) -> tuple[Operation, ...]:
    """Locked until the caller's transaction ends, so that two are not judged at the same time."""
    # in one order, as PostgreSQL ends one of two transactions that wait for each other's rows
    rows = _of_same_batch(Operation.objects.all(), operation).select_for_update().order_by("id")
    return tuple(row for row in rows if _may_have_had_effect(row, operation))


def message_for(*, user: User, operation: Operation) -> str:
    """An operation's message, with competing people by name where the user may see theirs."""
    if operation.state != State.UNCONFIRMED or SOMEBODY not in operation.message:
        return operation.message
    names = dict.fromkeys(_name_for(user, row) for row in _visible_to(user, operation))
    return operation.message.replace(SOMEBODY, " or ".join(names) or SOMEBODY)


def _name_for(user: User, row: Operation) -> str:
    return "another request of yours" if row.user_id == user.pk else row.username


def _visible_to(user: User, operation: Operation) -> Iterable[Operation]:
    rows = _of_same_batch(visible_operations(user=user), operation)
    if operation.settled_at:  # later operations cannot have been the reason for the message
        rows = rows.filter(created_at__lt=operation.settled_at)
    return [row for row in rows.order_by("created_at") if _may_have_had_effect(row, operation)]


def _of_same_batch(rows: QuerySet[Operation], operation: Operation) -> QuerySet[Operation]:
    return rows.filter(
        verb=operation.verb,
        batch_digest=name_digest(operation.batch_name),
        # of any key of the mode: Refonte keeps names unique over the whole customer
        key_mode=operation.key_mode,
        # bounded in time, so that an index finds the rows among any number
        created_at__gt=_begun_at(operation) - LONGEST_OPEN,
    )


def _may_have_had_effect(row: Operation, operation: Operation) -> bool:
    """Sent, not known to have failed, and open at some time since `operation` was begun."""
    if row.id == operation.id or row.sent_at is None or row.state in HAD_NO_EFFECT:
        return False
    since = _begun_at(operation)
    # a create that is known as not done was read as absent for longer than this slack
    if row.verb == Verb.CREATE and row.state != State.NOT_DONE:
        since -= SLACK
    return row.settled_at is None or row.settled_at >= since


def _begun_at(operation: Operation) -> datetime:
    """When the batch was read before the first POST; operations of older versions lack this."""
    return operation.precheck_at or operation.sent_at or operation.created_at
