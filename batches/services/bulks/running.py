"""Sends the next row of a bulk: read again, recorded as an operation, sent as a single write is.

    budget → facts as in the plan? → operation, committed → sent → pace of the next row

A kill at any place leaves a row without an operation, which is sent in its turn, or an operation,
which `services/operations/settle.py` takes on as it does those of people.
"""

import logging
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from batches.models import Bulk, BulkRow, BulkState, Operation, State, Verb
from batches.refonte import BatchStatus, Busy, KeyRefused, RefonteError, Throttled
from batches.services.background import budget
from batches.services.bulks import changed, pace, store
from batches.services.bulks.rows import rows_left
from batches.services.keys.listing import find_handle
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle
from batches.services.operations import bulk_calls, record
from batches.services.operations.errors import CannotRecord
from batches.services.operations.protocol import send_waiting
from batches.services.operations.vendor_session import VendorSession
from batches.services.vendor.calls import safeguards
from batches.trace import log_operation

log = logging.getLogger(__name__)

SOON = timedelta(seconds=2)  # then a row that waits is looked for again


def send_next(bulk: Bulk, key: KeyHandle, lease: LeaseHandle) -> None:
    """One row, or the end. Raises LeaseLost and DatabaseError."""
    row = rows_left(bulk).first()
    if row is None:
        _finish(bulk, lease)
        return
    calls = bulk_calls.CALLS_A_ROW[bulk.verb]
    reserved = bulk_calls.reserve_calls(bulk.fingerprint, calls)
    if reserved is None:
        minute = budget.minute_of(timezone.now()) + timedelta(minutes=1)
        store.put_off(bulk, lease, until=minute, message=store.USED_UP)
        return
    session = bulk_calls.session_of(key, reserved)
    try:
        _send_row(bulk, row, key, lease, session)
    finally:
        reserved.give_back()


def probe(bulk: Bulk, key: KeyHandle, lease: LeaseHandle) -> None:
    """A read, while Refonte is not known to answer: a write that is lost could not be checked."""
    row = rows_left(bulk).first()
    reserved = row and bulk_calls.reserve_calls(bulk.fingerprint, 1)
    if row is None or not reserved:
        store.put_off(bulk, lease, until=timezone.now() + SOON, message=store.NOT_RESPONDING)
        return
    try:
        bulk_calls.session_of(key, reserved).read_status(row.name)
    except RefonteError as error:
        _hold_back(bulk, lease, key, error)
    finally:
        reserved.give_back()


def _send_row(
    bulk: Bulk, row: BulkRow, key: KeyHandle, lease: LeaseHandle, session: VendorSession
) -> None:
    if bulk.verb == Verb.FINALIZE:
        session = _read_first(row, session)
        [seen] = session.earlier
        if isinstance(seen, RefonteError) and _says_nothing(seen):
            _hold_back(bulk, lease, key, seen)
            return
        why = changed.why_other_status(row, seen)
    else:
        why = changed.why_left_out(bulk, row, key)
    if why:
        _leave_out(bulk, row, lease, why)
    elif operation := _record(bulk, row, key, lease):
        _send(bulk, operation, lease, session)


def _read_first(row: BulkRow, session: VendorSession) -> VendorSession:
    """A session that gives what is read now to the operation, as its first read."""
    began = timezone.now()
    seen: BatchStatus | RefonteError
    try:
        seen = session.read_status(row.name)
    except RefonteError as error:
        seen = error
    return replace(session, earlier=[seen], earlier_at=began)


def _says_nothing(error: RefonteError) -> bool:
    """About the batch: the row keeps its turn."""
    is_about_key = isinstance(error, Busy | KeyRefused | Throttled)
    return is_about_key or safeguards().breaker.is_open


def _hold_back(bulk: Bulk, lease: LeaseHandle, key: KeyHandle, error: RefonteError) -> None:
    """The next step finds in the database whether it may go on."""
    until = bulk_calls.wait_until(_again(key))
    if isinstance(error, Throttled) and until:
        store.wait_as_told(bulk, lease, until=until)
    else:
        later = timezone.now() + (SOON if _says_nothing(error) else timedelta())
        message = store.NOT_RESPONDING if safeguards().breaker.is_open else error.message
        store.put_off(bulk, lease, until=until or later, message=message)


def _leave_out(bulk: Bulk, row: BulkRow, lease: LeaseHandle, why: str) -> None:
    now = timezone.now()
    with lease.fenced():
        BulkRow.objects.filter(pk=row.pk).update(left_out=why[:300], left_out_at=now)
    store.change_working(bulk, lease, next_at=pace.next_row_at(bulk, now=now), wait_message="")


def _record(bulk: Bulk, row: BulkRow, key: KeyHandle, lease: LeaseHandle) -> Operation | None:
    """None where a person has stopped the bulk meanwhile."""
    next_at = pace.next_row_at(bulk, now=timezone.now())
    with lease.fenced():
        store.lock(bulk)
        if bulk.state != BulkState.RUNNING:
            return None
        # with the pace: a kill after this makes the next row no sooner
        store.change(bulk, next_at=next_at, wait_message="")
        return record.record_row(bulk=bulk, row=row, key=key)


def _send(bulk: Bulk, operation: Operation, lease: LeaseHandle, session: VendorSession) -> None:
    with log_operation(operation.id):
        try:
            send_waiting(operation, session)
        except CannotRecord:
            # it is recorded and not sent: the worker that settles sends it
            log.exception("a row was not sent")
    if operation.state == State.WAITING:
        until = bulk_calls.wait_until(_again(session.key)) or timezone.now() + SOON
        store.wait_as_told(bulk, lease, until=until)


def _again(key: KeyHandle) -> KeyHandle:
    """As the last answer has left it."""
    return find_handle(key_id=key.id) or key


def _finish(bulk: Bulk, lease: LeaseHandle) -> None:
    if bulk.operations.filter(state=State.WAITING, bulk_row__isnull=False).exists():
        store.change_working(bulk, lease, next_at=timezone.now() + SOON)
    else:
        store.finish(bulk, lease)
