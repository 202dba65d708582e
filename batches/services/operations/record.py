"""The first step of a write: recorded before it is sent, or refused.

A change of a note is recorded with the change itself: it is done at once, and nothing is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError
from django.db.models import Q
from django.utils import timezone

from batches.models import Bulk, BulkRow, Operation, State, Verb
from batches.services.callbacks import addresses
from batches.services.clock import CLOCKS_APART
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable
from batches.services.operations import ledger
from batches.services.operations.errors import (
    AlreadySent,
    CannotRecord,
    FormReused,
    KeyGone,
    NoSuchRow,
    TooMany,
)
from batches.services.seals.chain import seal_operation
from batches.services.transactions import repeatable_transaction

R = TypeVar("R")

A_MINUTE = timedelta(minutes=1)
WRITES_A_MINUTE = 30  # and as many changes of notes
# Parameters of a note that no form has, as they are not typed: what it was before, and of several
# changes by one form, that form (`record_many.py`).
BEFORE, TOGETHER = "before", "together"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """A write as a form requests it. `parameters` go to the vendor unchanged.

    In the place of `tell_console` goes an address of this console (`services/callbacks`).
    """

    user: User
    key: KeyHandle
    form_id: UUID
    verb: Verb
    batch_name: str
    project: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    def matches(self, operation: Operation) -> bool:
        """Whether it was recorded from a form with the same content."""
        is_theirs = operation.user_id == self.user.pk
        fields = ("verb", "batch_name", "project")
        typed = {k: v for k, v in operation.parameters.items() if k not in (BEFORE, TOGETHER)}
        is_same = typed == self.parameters and all(
            getattr(operation, field) == getattr(self, field) for field in fields
        )
        return is_theirs and is_same and operation.fingerprint in self.key.fingerprints


def record(request: WriteRequest) -> Operation:
    """Commit it, under a lease for the caller to send it. Raises OperationsError."""
    return _once(request, lambda: _insert(request))


def record_done(
    request: WriteRequest, *, change: Callable[[], dict[str, Any] | None], message: str
) -> Operation | None:
    """Commit a change of this console's own, and its record as done. Raises OperationsError.

    change: makes it, in the same transaction, and returns what was there before; None where there
        is nothing to change: then nothing is recorded, and None is returned.
    """
    return _once(request, lambda: _insert_done(request, change, message))


def _once(request: WriteRequest, insert: Callable[[], R]) -> R:
    if not is_storable(request.batch_name):
        raise NoSuchRow
    try:
        # without waiting for other writes of the person; the unique `form_id` decides in the end
        _refuse_repeat(request)
        return insert()
    except IntegrityError:  # a double click: the same form was recorded a moment before
        _refuse_repeat(request)
        raise KeyGone(request.key.label) from None
    except DatabaseError as error:
        raise CannotRecord from error


@repeatable_transaction
def _insert_done(
    request: WriteRequest, change: Callable[[], dict[str, Any] | None], message: str
) -> Operation | None:
    count_in(request)
    before = change()
    if before is None:
        return None
    operation = new_operation(replace(request, parameters=request.parameters | {BEFORE: before}))
    operation.state, operation.message = State.SUCCEEDED, message
    operation.settled_at, operation.leased_until = operation.created_at, None
    operation.save(force_insert=True)
    ledger.add_event(operation, message)
    seal_operation(operation_id=operation.id)
    return operation


def count_in(request: WriteRequest) -> None:
    # one write of a person at a time: two counted at once would both pass the limit
    User.objects.select_for_update().filter(pk=request.user.pk).first()
    _check_limit(request)


@repeatable_transaction
def _insert(request: WriteRequest) -> Operation:
    count_in(request)
    operation = new_operation(request)
    operation.save(force_insert=True)
    if request.parameters.get("tell_console"):
        addresses.add_address(operation)
    ledger.add_event(operation, f"{operation.username} asked for it.")
    return operation


def new_operation(request: WriteRequest) -> Operation:
    now = timezone.now()
    return Operation(
        form_id=request.form_id,
        user=request.user,
        username=request.user.get_username(),
        key_id=request.key.id,
        key_label=request.key.label,
        key_mode=request.key.mode,
        fingerprint=request.key.fingerprint,
        verb=request.verb,
        batch_name=request.batch_name,
        project=request.project,
        parameters=request.parameters,
        state=State.WAITING,
        created_at=now,
        leased_until=now + ledger.lease_length(),
    )


def record_row(*, bulk: Bulk, row: BulkRow, key: KeyHandle) -> Operation:
    """Record the operation of a bulk's row, under a lease for the caller to send it.

    In the transaction of the caller, who has the bulk. Its unique `bulk_row` keeps it the only one.
    """
    request = WriteRequest(
        user=bulk.user,  # type: ignore[arg-type]  # the caller has just looked that it is there
        key=key,
        form_id=uuid4(),  # of no form; that there is only one is kept by `bulk_row`
        verb=Verb(bulk.verb),
        batch_name=row.name,
        project=row.project if bulk.verb == Verb.CREATE else "",
        parameters=row.parameters or bulk.parameters,
    )
    operation = new_operation(request)
    operation.bulk, operation.bulk_row = bulk, row
    # where this process is killed before it sends, the worker that settles sends it
    operation.next_check_at = operation.created_at
    operation.save(force_insert=True)
    if request.parameters.get("tell_console"):
        addresses.add_address(operation)
    ledger.add_event(operation, f"{operation.username} asked for it with a bulk.")
    return operation


def _refuse_repeat(request: WriteRequest) -> None:
    before = Operation.objects.filter(form_id=request.form_id).first()
    if before is None:
        return
    if not request.matches(before):
        raise FormReused
    raise AlreadySent(before)


def _check_limit(request: WriteRequest) -> None:
    now = timezone.now()
    recent = Operation.objects.filter(
        user=request.user,
        fingerprint__in=request.key.fingerprints,
        parent=None,  # a first priority belongs to its create, and is no write of its own
        bulk=None,  # a bulk has a pace of its own
        created_at__gt=now - A_MINUTE,
        # what a clock ahead of this one wrote would count for as long as that was ahead
        created_at__lte=now + CLOCKS_APART,
    )
    # notes cost Refonte nothing, and keep nobody from finalizing
    is_note = Q(verb=Verb.NOTE)
    # several notes changed by one form are one change: its first operation is counted
    is_own = is_note & ~Q(parameters__has_key=TOGETHER)
    recent = recent.filter(is_own if request.verb == Verb.NOTE else ~is_note)
    times = recent.order_by("-created_at").values_list("created_at", flat=True)
    for oldest in times[WRITES_A_MINUTE - 1 : WRITES_A_MINUTE]:
        seconds = ceil((oldest + A_MINUTE - now).total_seconds())
        raise TooMany(limit=WRITES_A_MINUTE, retry_after=max(1, seconds))
