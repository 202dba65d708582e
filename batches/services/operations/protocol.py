"""The steps of a write, each committed before the next: intent → sending → POST → outcome.

No transaction is open while the vendor is asked. Whatever stops this process between two steps
leaves a row from which `settle` goes on.
"""

import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction

from batches.models import Operation, PostAnswer, State, Verb
from batches.refonte import Batch, BatchStatus, Deadline
from batches.services.keys.types import KeyHandle
from batches.services.operations import create, finalize, ledger, prioritize, record
from batches.services.operations.errors import CannotRecord
from batches.services.operations.evidence import Evidence
from batches.services.operations.ledger import Outcome
from batches.services.operations.others import lock_others
from batches.services.operations.record import Intent
from batches.services.operations.steps import Ready, Steps
from batches.services.operations.vendor_session import Line
from batches.services.readings import read
from batches.services.vendor.calls import new_deadline
from batches.trace import lines_about

log = logging.getLogger(__name__)

STEPS: dict[str, Steps] = {
    Verb.CREATE: create.STEPS,
    Verb.FINALIZE: finalize.STEPS,
    Verb.PRIORITIZE: prioritize.STEPS,
}
# where nothing reached the vendor, or it refused: what was read before still holds
UNTOUCHED = (State.WAITING, State.NOT_SENT, State.REFUSED)


def create_batch(  # noqa: PLR0913 - the fields of the vendor, by their names
    *,
    user: User,
    key: KeyHandle,
    form_id: UUID,
    project: str,
    name: str,
    callback: str = "",
    calibration_batch: bool = False,
    self_label_batch: bool = False,
    priority: int | None = None,
) -> Operation:
    """Create a batch; its first priority is an operation of its own, sent once it exists.

    Two vendor calls, three where the answer says too little, and one more for a priority.
    Raises OperationsError where nothing was begun.
    """
    asked: dict[str, Any] = {
        "callback": callback,
        "calibration_batch": calibration_batch,
        "self_label_batch": self_label_batch,
        "priority": priority,
    }
    wanted = Intent(
        user=user,
        key=key,
        form_id=form_id,
        verb=Verb.CREATE,
        batch_name=name,
        project=project,
        parameters={field: value for field, value in asked.items() if value},
    )
    deadline = new_deadline()
    operation = _begin(wanted, deadline)
    follower = ledger.first_priority_of(operation=operation)
    if follower and deadline.has_half_left() and ledger.take_lease(follower):
        with lines_about(follower.id):
            run(follower, Line(key=key, deadline=deadline))
    return operation


def finalize_batch(*, user: User, key: KeyHandle, form_id: UUID, name: str) -> Operation:
    """A read, the POST, a read; two more later where the status stays as it was.

    Raises OperationsError where nothing was begun.
    """
    wanted = Intent(user=user, key=key, form_id=form_id, verb=Verb.FINALIZE, batch_name=name)
    return _begin(wanted, new_deadline())


def prioritize_batch(
    *, user: User, key: KeyHandle, form_id: UUID, name: str, priority: int
) -> Operation:
    """One vendor call; 10 to 30. Raises OperationsError where nothing was begun."""
    wanted = Intent(
        user=user,
        key=key,
        form_id=form_id,
        verb=Verb.PRIORITIZE,
        batch_name=name,
        parameters={"priority": priority},
    )
    return _begin(wanted, new_deadline())


def run(operation: Operation, line: Line) -> None:
    """Take a held operation from waiting to its outcome. Raises CannotRecord, but not once sent."""
    steps = STEPS[operation.verb]
    try:
        ready = steps.prepare(operation, line)
        if not isinstance(ready, Ready):
            conclude(operation, line, ready)
            return
        is_ours = ledger.mark_sending(
            operation,
            vendor_date=ready.vendor_date,
            status_before=ready.status_before,
            precheck_at=ready.precheck_at,
        )
    except DatabaseError as error:
        raise CannotRecord from error
    if not is_ours:  # withdrawn, or taken over after a long pause of this process
        operation.refresh_from_db()
        return
    try:
        conclude(operation, line, steps.send(operation, line))
    except DatabaseError:
        _leave_to_settle(operation)


def conclude(operation: Operation, line: Line, known: Outcome | Evidence) -> None:
    """Write what it comes to, and forget what was read of a batch that may have changed.

    Who else may have done it is looked up in the transaction that writes: of two who are judged at
    once, one is first.
    """
    with transaction.atomic():
        outcome = known if isinstance(known, Outcome) else _judged(operation, known)
        ledger.write_outcome(operation, outcome)
    if outcome.state not in UNTOUCHED:
        read.forget_batch(key=line.key, name=operation.batch_name)


def _judged(operation: Operation, evidence: Evidence) -> Outcome:
    """With all that was known for it, so that a record cannot contradict itself."""
    is_there = isinstance(evidence.seen, Batch | BatchStatus)
    others = lock_others(operation) if is_there else ()
    if evidence.answer is PostAnswer.UNSENT:
        outcome = Outcome(state=State.NOT_SENT, words=evidence.words)
    else:
        outcome = STEPS[operation.verb].judge(operation, evidence, others)
    return replace(
        outcome,
        answer=evidence.answer,
        answer_words=evidence.words,
        http_status=evidence.http_status,
    )


def _begin(wanted: Intent, deadline: Deadline) -> Operation:
    operation = record.record(wanted)
    with lines_about(operation.id):
        run(operation, Line(key=wanted.key, deadline=deadline))
    return operation


def _leave_to_settle(operation: Operation) -> None:
    """It was sent, but the answer could not be recorded: the row still says `sending`."""
    log.exception("the outcome of an operation was not recorded")
    operation.state = State.SENDING  # what was to be written of it is rolled back
    operation.words = (
        "It was sent, but this console could not record the answer. "
        "It keeps checking. Do not send it again."
    )
