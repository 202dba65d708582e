"""Operations that stayed open: waiting for their turn, unanswered, or left by a killed process.

Found in the database, held under a lease, so that any number of workers settle each once. In which
order they come is decided in `lanes.py`.
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
from batches.services.operations import ledger
from batches.services.operations.errors import NotYours
from batches.services.operations.ledger import Outcome
from batches.services.operations.protocol import STEPS, conclude, run
from batches.services.operations.vendor_session import Line
from batches.services.people.roles import Role, role_of
from batches.services.vendor.calls import Kind, new_deadline
from batches.trace import lines_about

log = logging.getLogger(__name__)

GIVE_UP = timedelta(hours=24)
# Of one that was sent once: a create or finalize was read as not done when it was held.
HELD = "Refonte had asked to wait."


def settle_row(operation: Operation) -> bool:
    """Take one that is due a step on; False where somebody else has it.

    Whatever goes wrong with one, it keeps no other row waiting; its lease ends anyway.
    """
    try:
        return _settle(operation)
    except Exception:
        log.exception("an operation was not settled")
        return False


def settle_operation(*, operation: Operation) -> Operation:
    """Ask what became of an unanswered operation, if that is due. Never sends anything.

    Where it cannot be written down, it stands as it stood.
    """
    if operation.state in (State.SENDING, State.CHECKING):
        with lines_about(operation.id):
            _look(operation)
    return operation


def withdraw_operation(*, operation: Operation, user: User) -> Operation:
    """Take back what still waits. Raises NotYours. One that is under way by now stays as it is."""
    if operation.user_id != user.pk and not user.is_superuser:
        raise NotYours
    if ledger.hold_waiting(operation):
        words = f"Withdrawn by {user.get_username()} before it was sent. Nothing happened."
        if operation.sent_at is not None:
            words = f"Withdrawn by {user.get_username()} before it was sent again. {HELD}"
        ledger.write_outcome(operation, Outcome(state=State.NOT_SENT, words=words))
    return operation


def _look(operation: Operation) -> None:
    try:
        _settle(operation, reads=Kind.POLL)
    except DatabaseError:
        log.exception("an operation was not settled")
        operation.refresh_from_db()


def _settle(operation: Operation, *, reads: Kind = Kind.CHECK) -> bool:
    if not ledger.take_lease(operation):
        return False
    key = _key_of(operation)
    why = _why_not(operation) if key else "Its key was deleted or replaced."
    if key is None or why:
        ledger.write_outcome(operation, _without_asking(operation, why))
        return True
    line = Line(key=key, deadline=new_deadline(), reads=reads)
    if operation.state == State.WAITING:
        run(operation, line)
    else:
        operation.checks += 1
        conclude(operation, line, STEPS[operation.verb].look(operation, line))
    return True


def _key_of(operation: Operation) -> KeyHandle | None:
    """The very key it was begun with: another one may belong to another account."""
    key = find_handle(key_id=operation.key_id) if operation.key_id else None
    return key if key and key.fingerprint == operation.fingerprint else None


def _why_not(operation: Operation) -> str:
    """Why nothing more can be asked or sent for this operation; empty where it can."""
    if operation.state == State.WAITING:
        return _why_not_send(operation)
    if _is_given_up(operation):
        return "Refonte could not be asked for a day."
    return ""


def _why_not_send(operation: Operation) -> str:
    user = operation.user
    if operation.next_check_at is None:
        return "This server stopped before it was sent."
    if _is_given_up(operation):
        return "It has waited for a day, and may not be wanted any more."
    if user is None or not user.is_active or not role_of(user).includes(Role.OPERATOR):
        return "The account that began it may no longer operate."
    return ""


def _is_given_up(operation: Operation) -> bool:
    """After a day. One that the clock has put more than a day ahead could wait for years."""
    give_up_at = operation.created_at + GIVE_UP
    return has_passed(give_up_at, now=timezone.now(), at_most=2 * GIVE_UP)


def _without_asking(operation: Operation, why: str) -> Outcome:
    if operation.state == State.WAITING and operation.sent_at is not None:
        can_read = operation.verb != Verb.PRIORITIZE
        state = State.NOT_DONE if can_read else State.UNCONFIRMED
        return Outcome(state=state, words=f"{why} {HELD} It is not sent again.")
    if operation.state == State.WAITING:
        return Outcome(state=State.NOT_SENT, words=f"{why} Nothing happened; it may be sent again.")
    words = f"Unknown: its effect was not read and can no longer be checked. {why}"
    return Outcome(state=State.UNCONFIRMED, words=words)
