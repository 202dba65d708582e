"""Other requests of this console that may have done what one request asked for.

Names of batches are unique over the whole customer, so a request with another key of the same mode
counts as much as one with the same key, or with a key that was replaced since.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet

from batches.models import Operation, State, Verb
from batches.models.names import name_digest
from batches.services.operations.listing import visible_operations

# A batch may be shown late, and the clocks of those who tell its age differ by as much.
SLACK = timedelta(seconds=60)
# Nothing is sent that has waited for longer, so what can matter was asked for within it.
LONGEST_OPEN = timedelta(hours=25)
DID_NOTHING = (State.NOT_SENT, State.REFUSED)
SOMEBODY = "somebody else"


def lock_competing(operation: Operation) -> tuple[Operation, ...]:
    """Those that may have done it since it was read before the first POST. Inside a transaction.

    The rows are held to its end, in one order, so that of two requests that are judged at the same
    time the second one is judged by what became of the first.
    """
    rows = _same_wish(Operation.objects.all(), operation)
    locked = tuple(rows.select_for_update().order_by("id"))
    return tuple(row for row in locked if _may_have_done(row, operation))


def message_for(*, user: User, operation: Operation) -> str:
    """The message of an operation for a reader.

    Who else may have done it is named where the reader may see that person's operation.
    """
    if operation.state != State.UNCONFIRMED or SOMEBODY not in operation.message:
        return operation.message
    names = dict.fromkeys(_name_for(user, row) for row in _others_seen_by(user, operation))
    who = " or ".join(names) or SOMEBODY
    return operation.message.replace(SOMEBODY, who)


def _name_for(user: User, row: Operation) -> str:
    return "another request of yours" if row.user_id == user.pk else row.username


def _others_seen_by(user: User, operation: Operation) -> Iterable[Operation]:
    rows = _same_wish(visible_operations(user=user), operation)
    if operation.settled_at:
        rows = rows.filter(created_at__lt=operation.settled_at)
    return [row for row in rows.order_by("created_at") if _may_have_done(row, operation)]


def _same_wish(rows: QuerySet[Operation], operation: Operation) -> QuerySet[Operation]:
    """Bounded in time, so that an index on times finds them among any number of rows."""
    return rows.filter(
        verb=operation.verb,
        batch_digest=name_digest(operation.batch_name),
        key_mode=operation.key_mode,
        created_at__gt=_read_before_at(operation) - LONGEST_OPEN,
    )


def _may_have_done(row: Operation, operation: Operation) -> bool:
    """Sent, not known to have failed, and open at some time since `operation` was begun."""
    if row.id == operation.id or row.sent_at is None or row.state in DID_NOTHING:
        return False
    since = _read_before_at(operation)
    # what is done shows in a read sooner or later; what stayed absent was looked for long enough
    if row.verb == Verb.CREATE and row.state != State.NOT_DONE:
        since -= SLACK
    return row.settled_at is None or row.settled_at >= since


def _read_before_at(operation: Operation) -> datetime:
    """When the batch was read before the first POST, by our clock; older rows do not tell."""
    return operation.precheck_at or operation.sent_at or operation.created_at
