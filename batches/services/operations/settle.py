"""Operations that stayed open: waiting to be sent, unanswered, or left by a killed process.

Here a retry is decided. Only an operation that waits is sent; whatever was sent is read. In which
order they come is decided in `queues`.
"""

import logging
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services.clock import has_passed
from batches.services.keys.listing import find_handle
from batches.services.keys.types import KeyHandle
from batches.services.operations import bulk_calls, ledger
from batches.services.operations.errors import NotYours
from batches.services.operations.outcomes import Outcome
from batches.services.operations.protocol import check_sent, send_waiting
from batches.services.operations.vendor_session import VendorSession
from batches.services.people.roles import Role, role_of
from batches.services.vendor.calls import Kind, new_deadline
from batches.trace import log_operation

log = logging.getLogger(__name__)

GIVE_UP = timedelta(hours=24)
# Of an operation that was sent, answered with 429, and read as not done.
HAD_ASKED_TO_WAIT = "Refonte had asked to wait."


def settle_due(operation: Operation) -> bool:
    """Settle one that is due. False where another worker has it, or where that failed."""
    try:
        return _settle(operation)
    except Exception:
        # an error of any kind keeps no other operation waiting; the lease ends by itself
        log.exception("an operation was not settled")
        return False


def settle_operation(*, operation: Operation) -> Operation:
    """Check an unanswered operation, if a check is due.

    Where the result cannot be written, the operation stays as it was.
    """
    # one that waits is left to the worker: a poll of a page must never send a write
    if operation.state not in (State.SENDING, State.CHECKING):
        return operation
    with log_operation(operation.id):
        try:
            _settle(operation, reads=Kind.POLL)
        except DatabaseError:
            log.exception("an operation was not settled")
            operation.refresh_from_db()
    return operation


def withdraw_operation(*, operation: Operation, user: User) -> Operation:
    """Withdraw an operation that still waits; one that is being sent stays. Raises NotYours."""
    if operation.user_id != user.pk and not user.is_superuser:
        raise NotYours
    if ledger.acquire_waiting(operation):
        message = f"Withdrawn by {user.get_username()} before it was sent. Nothing happened."
        if operation.sent_at is not None:
            by = f"Withdrawn by {user.get_username()} before it was sent again."
            message = f"{by} {HAD_ASKED_TO_WAIT}"
        ledger.write_outcome(operation, Outcome(state=State.NOT_SENT, message=message))
    return operation


def _settle(operation: Operation, *, reads: Kind = Kind.CHECK) -> bool:
    if not ledger.acquire_lease(operation):
        return False
    key = _key_of(operation)
    why = _why_give_up(operation) if key else "Its key was deleted or replaced."
    if key is None or why:
        ledger.write_outcome(operation, _given_up(operation, why))
        return True
    session = VendorSession(key=key, deadline=new_deadline(), reads=reads)
    # a person who looks at an operation waits for the answer, whoever began it
    if operation.bulk_id and reads is Kind.CHECK:
        if until := bulk_calls.wait_until(key):
            ledger.put_off(operation, until=until)
            return False
        reserved = bulk_calls.reserve(operation)
        if reserved is None:
            ledger.put_off(operation, until=timezone.now() + bulk_calls.RETRY_EVERY)
            return False
        session = bulk_calls.session_of(key, reserved)
    _take_step(operation, session)
    if session.reserved:
        session.reserved.give_back()
    return True


def _take_step(operation: Operation, session: VendorSession) -> None:
    if operation.state == State.WAITING:
        send_waiting(operation, session)
    else:
        check_sent(operation, session)


def _key_of(operation: Operation) -> KeyHandle | None:
    """The key it was begun with; None where that was replaced."""
    key = find_handle(key_id=operation.key_id) if operation.key_id else None
    # a key that replaced it may belong to another account of Refonte's
    return key if key and key.fingerprint == operation.fingerprint else None


def _why_give_up(operation: Operation) -> str:
    """Why it is neither sent nor read any more; empty where it is."""
    if operation.state == State.WAITING:
        return _why_not_send(operation)
    return "Refonte could not be asked for a day." if _is_too_old(operation) else ""


def _why_not_send(operation: Operation) -> str:
    user = operation.user
    if operation.next_check_at is None:
        return "This server stopped before it was sent."
    if _is_too_old(operation):
        return "It has waited for a day, and may not be wanted any more."
    if user is None or not user.is_active or not role_of(user).includes(Role.OPERATOR):
        return "The account that began it may no longer operate."
    return ""


def _is_too_old(operation: Operation) -> bool:
    give_up_at = operation.created_at + GIVE_UP
    # recorded by a clock that was more than a day ahead, it would otherwise wait for years
    return has_passed(give_up_at, now=timezone.now(), at_most=2 * GIVE_UP)


def _given_up(operation: Operation, why: str) -> Outcome:
    if operation.state != State.WAITING:
        message = f"Unknown: its effect was not read and can no longer be checked. {why}"
        return Outcome(state=State.UNCONFIRMED, message=message)
    if operation.sent_at is None:
        message = f"{why} Nothing happened; it may be sent again."
        return Outcome(state=State.NOT_SENT, message=message)
    # before it waited, a read had shown that a create or finalize was not done
    can_read = operation.verb != Verb.PRIORITIZE
    state = State.NOT_DONE if can_read else State.UNCONFIRMED
    return Outcome(state=state, message=f"{why} {HAD_ASKED_TO_WAIT} It is not sent again.")
