"""Changes of many notes by one form: recorded with the changes, in one transaction, each as done.

The first operation has the id of the form, and counts as the one change that the person made. The
others name it as the form they belong to: `TOGETHER`, a parameter that no form has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError

from batches.models import Operation, OperationEvent, State
from batches.services.operations.errors import AlreadySent, CannotRecord, KeyGone
from batches.services.operations.record import (
    A_MINUTE,
    BEFORE,
    TOGETHER,
    WriteRequest,
    count_in,
    new_operation,
)
from batches.services.seals.chain import seal_operations
from batches.services.transactions import repeatable_transaction

# Made in one transaction, for which all other writes wait: 1,000 take 0.3 s.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Of one batch. parameters: what is set now. before: what was there."""

    batch_name: str
    parameters: dict[str, Any]
    before: dict[str, Any]


def record_all_done(
    request: WriteRequest, *, change: Callable[[], Sequence[Changed]], message: str
) -> list[Operation]:
    """Commit changes of this console's own, and their records. Raises OperationsError.

    request: of the form; the batch it names is not used. change: makes the changes, in the same
        transaction, and returns them; none of it is recorded where it returns nothing.
    """
    try:
        _refuse_repeat(request)
        return _insert_all(request, change, message)
    except IntegrityError:  # the same form, recorded a moment before
        _refuse_repeat(request)
        raise KeyGone(request.key.label) from None
    except DatabaseError as error:
        raise CannotRecord from error


def _refuse_repeat(request: WriteRequest) -> None:
    before = Operation.objects.filter(form_id=request.form_id, user=request.user).first()
    if before:
        raise AlreadySent(before)


@repeatable_transaction
def _insert_all(
    request: WriteRequest, change: Callable[[], Sequence[Changed]], message: str
) -> list[Operation]:
    count_in(request)
    operations = [
        _operation(request, changed, place, message) for place, changed in enumerate(change())
    ]
    Operation.objects.bulk_create(operations)
    OperationEvent.objects.bulk_create(
        OperationEvent(operation=one, at=one.created_at, state=one.state, message=message)
        for one in operations
    )
    seal_operations(operation_ids=[one.id for one in operations])
    return operations


def _operation(request: WriteRequest, changed: Changed, place: int, message: str) -> Operation:
    parameters: dict[str, Any] = changed.parameters | {BEFORE: changed.before}
    form_id, name = request.form_id, changed.batch_name
    if place:
        parameters[TOGETHER] = str(form_id)
        form_id = uuid5(form_id, name)
    one = replace(request, form_id=form_id, batch_name=name, parameters=parameters)
    operation = new_operation(one)
    operation.state, operation.message = State.SUCCEEDED, message
    operation.settled_at, operation.leased_until = operation.created_at, None
    return operation


def recorded_together(*, user: User, form_id: UUID) -> list[Operation]:
    """What this person's form recorded, as `record_all_done` did. Two queries."""
    first = Operation.objects.filter(form_id=form_id, user=user).first()
    if first is None:
        return []
    # made within the same moments: the index by time finds them
    until = first.created_at + A_MINUTE
    others = Operation.objects.filter(
        user=user,
        verb=first.verb,
        created_at__gte=first.created_at,
        created_at__lte=until,
        parameters__together=str(form_id),
    )
    return [first, *others.order_by("created_at")[:AT_ONCE]]
