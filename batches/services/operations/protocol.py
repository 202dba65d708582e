"""How a write is done: record → send → evidence → judge → outcome. Each step is committed.

Where the process ends between two steps, `settle` continues from the row without sending twice.
"""

import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction

from batches.models import Operation, PostAnswer, State, Verb
from batches.refonte import (
    Batch,
    BatchStatus,
    Busy,
    Deadline,
    KeyRefused,
    NotSent,
    RefonteError,
)
from batches.services.keys.types import KeyHandle
from batches.services.operations import create, finalize, ledger, prioritize, record
from batches.services.operations.competing import lock_competing
from batches.services.operations.errors import CannotRecord
from batches.services.operations.evidence import Evidence, ReadResult, try_read
from batches.services.operations.outcomes import Outcome
from batches.services.operations.record import WriteRequest
from batches.services.operations.steps import Ready, Steps
from batches.services.operations.vendor_session import VendorSession
from batches.services.readings import read
from batches.services.vendor.calls import new_deadline
from batches.trace import log_operation

log = logging.getLogger(__name__)

STEPS: dict[str, Steps] = {
    Verb.CREATE: create.STEPS,
    Verb.FINALIZE: finalize.STEPS,
    Verb.PRIORITIZE: prioritize.STEPS,
}
# Nothing was changed at Refonte: what was read of the batch before may still be shown.
NOTHING_CHANGED = (State.WAITING, State.NOT_SENT, State.REFUSED)
NOT_RECORDED = (
    "It was sent, but this console could not record the answer. "
    "It keeps checking. Do not send it again."
)


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
    tell_console: bool = False,
) -> Operation:
    """Create a batch; its first priority is an operation of its own, sent once the batch exists.

    Two vendor calls, three where the answer is not enough, and one more for a priority.
    tell_console: Refonte calls this console about the batch, in the place of `callback`.
    Raises OperationsError where nothing was begun.
    """
    fields: dict[str, Any] = {
        "callback": callback,
        "tell_console": tell_console,
        "calibration_batch": calibration_batch,
        "self_label_batch": self_label_batch,
        "priority": priority,
    }
    request = WriteRequest(
        user=user,
        key=key,
        form_id=form_id,
        verb=Verb.CREATE,
        batch_name=name,
        project=project,
        parameters={field: value for field, value in fields.items() if value},
    )
    deadline = new_deadline()
    operation = _record_and_send(request, deadline)
    try:
        _send_first_priority(operation, key, deadline)
    except (CannotRecord, DatabaseError):
        # the batch is created by now, so nothing may say that nothing was sent; the worker goes on
        log.exception("a first priority was not sent")
    return operation


def _send_first_priority(operation: Operation, key: KeyHandle, deadline: Deadline) -> None:
    priority = ledger.first_priority_of(operation=operation)
    # with less time left `VendorSession` would refuse it as not sent; the worker sends it later
    if priority and deadline.has_half_left() and ledger.acquire_lease(priority):
        _send_traced(priority, key, deadline)


def finalize_batch(*, user: User, key: KeyHandle, form_id: UUID, name: str) -> Operation:
    """A read, the POST, a read; two more later where the status stays as it was.

    Raises OperationsError where nothing was begun.
    """
    request = WriteRequest(user=user, key=key, form_id=form_id, verb=Verb.FINALIZE, batch_name=name)
    return _record_and_send(request, new_deadline())


def prioritize_batch(
    *, user: User, key: KeyHandle, form_id: UUID, name: str, priority: int
) -> Operation:
    """One vendor call; priority 10 to 30. Raises OperationsError where nothing was begun."""
    request = WriteRequest(
        user=user,
        key=key,
        form_id=form_id,
        verb=Verb.PRIORITIZE,
        batch_name=name,
        parameters={"priority": priority},
    )
    return _record_and_send(request, new_deadline())


def _record_and_send(request: WriteRequest, deadline: Deadline) -> Operation:
    operation = record.record(request)
    # committed: no transaction, and so no lock, is open while the vendor is called
    _send_traced(operation, request.key, deadline)
    return operation


def _send_traced(operation: Operation, key: KeyHandle, deadline: Deadline) -> None:
    with log_operation(operation.id):
        send_waiting(operation, VendorSession(key=key, deadline=deadline))


def send_waiting(operation: Operation, session: VendorSession) -> None:
    """Take a waiting operation, whose lease the caller has, to an outcome.

    Raises CannotRecord, but never once it is sent: a person would send it again.
    """
    try:
        ready = STEPS[operation.verb].prepare(operation, session)
        if not isinstance(ready, Ready):
            judge_and_write(operation, session, ready)
            return
        # committed before the POST: after a kill it counts as sent, and is read, not sent again
        may_send = ledger.mark_sending(operation, ready)
    except DatabaseError as error:
        raise CannotRecord from error
    if not may_send:  # withdrawn, or another worker has it after a long pause of this process
        operation.refresh_from_db()
        return
    try:
        judge_and_write(operation, session, _post(operation, session))
    except DatabaseError:
        log.exception("the outcome of an operation was not recorded")
        # as in the row, which is settled by reading later; the instance has what was rolled back
        operation.state, operation.message = State.SENDING, NOT_RECORDED


def _post(operation: Operation, session: VendorSession) -> Evidence:
    """The POST, and a read where its answer does not show the effect."""
    steps = STEPS[operation.verb]
    try:
        posted = steps.post(operation, session)
    except RefonteError as error:
        evidence = Evidence.of_error(
            error, not_found=steps.not_found, not_found_field=steps.not_found_field
        )
        # what never left had no effect, and with a refused key nothing can be read
        if isinstance(error, NotSent | Busy | KeyRefused):
            return evidence
        if not session.has_time_to_read():
            return replace(evidence, seen=NotSent("There was no time left to ask Refonte."))
        return replace(evidence, seen=_read(operation, session))
    seen = posted.batch or _read(operation, session)
    request_id = posted.request_id
    return Evidence(answer=PostAnswer.ACCEPTED, http_status=200, request_id=request_id, seen=seen)


def check_sent(operation: Operation, session: VendorSession) -> None:
    """Read once more what became of an operation that was sent, and judge again."""
    operation.checks += 1
    evidence = Evidence.of_later_read(operation, _read(operation, session))
    judge_and_write(operation, session, evidence)


def _read(operation: Operation, session: VendorSession) -> ReadResult | None:
    reader = STEPS[operation.verb].read
    return try_read(reader, operation, session) if reader else None


def judge_and_write(
    operation: Operation, session: VendorSession, known: Outcome | Evidence
) -> None:
    """Write the outcome, and forget readings of a batch that may have changed."""
    # Competing operations are locked until the outcome is committed: of two that are judged at the
    # same time, the second one is judged with the outcome of the first.
    with transaction.atomic():
        outcome = known if isinstance(known, Outcome) else _judge(operation, known)
        ledger.write_outcome(operation, outcome)
    if outcome.state not in NOTHING_CHANGED:
        read.forget_batch(key=session.key, name=operation.batch_name)


def _judge(operation: Operation, evidence: Evidence) -> Outcome:
    """The verb's judgement, with the answer that it was made by."""
    shows_batch = isinstance(evidence.seen, Batch | BatchStatus)
    competing = lock_competing(operation) if shows_batch else ()
    if evidence.answer is PostAnswer.UNSENT:
        outcome = Outcome(state=State.NOT_SENT, message=evidence.message)
    else:
        outcome = STEPS[operation.verb].judge(operation, evidence, competing)
    return replace(
        outcome,
        answer=evidence.answer,
        answer_message=evidence.message,
        http_status=evidence.http_status,
        request_id=evidence.request_id,
    )
