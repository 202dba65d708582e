"""Finalizing a batch: read before and after, since no answer alone says what happened.

A yes may mean that nothing changed, and a refusal or a lost reply may come of a POST that was
carried out. What is read is its `/status`: a batch's own answer may leave the status out.
"""

from dataclasses import replace
from functools import partial

from django.utils import timezone

from batches.models import Operation, PostAnswer, State
from batches.refonte import COMPLETED, IN_PROGRESS, STAGING, BatchStatus, NotFound, RefonteError
from batches.services.operations import outcomes
from batches.services.operations.competing import SOMEBODY
from batches.services.operations.evidence import NOT_KNOWN, Evidence, read_after, try_read
from batches.services.operations.ledger import Outcome
from batches.services.operations.steps import Ready, Steps
from batches.services.operations.vendor_session import VendorSession

STARTED = (IN_PROGRESS, COMPLETED)
CHECKS_AFTER_ACCEPTED = 2  # of `CHECK_DELAYS`: a status may follow its yes by some seconds
ACCEPTED = "Refonte accepted it"
MOVED = {
    PostAnswer.UNCLEAR: " The reply was lost.",
    PostAnswer.THROTTLED: " Refonte had asked to wait.",
    PostAnswer.TAKEN: " Refonte had answered with a refusal.",
    PostAnswer.REFUSED: " Refonte had answered with a refusal.",
}


def prepare(operation: Operation, session: VendorSession) -> Ready | Outcome | Evidence:
    """Only a batch in staging is sent; one without a status is given the benefit of the doubt.

    One that was held after its POST may have been started by that POST.
    """
    began, seen = timezone.now(), try_read(partial(session.read_status, operation.batch_name))
    if isinstance(seen, BatchStatus) and seen.status in (STAGING, None):
        return Ready(status_before=seen.status or "", precheck_at=began)
    if operation.sent_at is not None and isinstance(seen, BatchStatus | NotFound):
        return Evidence.recorded(operation, seen)
    if isinstance(seen, NotFound):
        return Outcome(state=State.REFUSED, message=_unknown_message(seen), http_status=404)
    if isinstance(seen, RefonteError):
        return outcomes.before_sending(operation, seen)
    return _nothing_to_send(seen.status or "")


def send(operation: Operation, session: VendorSession) -> Evidence:
    """The POST, then a read: only the two statuses together say what it did."""
    read = partial(session.read_status, operation.batch_name)
    try:
        session.finalize(operation)
    except RefonteError as error:
        return Evidence.of_error(error, read_after(error, session, read))
    return Evidence(answer=PostAnswer.ACCEPTED, http_status=200, seen=try_read(read))


def look(operation: Operation, session: VendorSession) -> Evidence:
    """Has it left staging by now?"""
    return Evidence.recorded(
        operation, try_read(partial(session.read_status, operation.batch_name))
    )


def judge(operation: Operation, evidence: Evidence, others: tuple[Operation, ...]) -> Outcome:
    """What became of it, by the answer of the POST and the statuses around it. Asks nobody."""
    if isinstance(evidence.seen, BatchStatus):
        after = evidence.seen.status
        return replace(_judge_status(operation, evidence, after, others), status_after=after)
    if isinstance(evidence.seen, NotFound):
        return _judge_vanished(operation, evidence)
    return outcomes.unread(operation, evidence, message=_open_message(evidence))


def _judge_status(
    operation: Operation, evidence: Evidence, after: str | None, others: tuple[Operation, ...]
) -> Outcome:
    before, is_yes = operation.status_before, evidence.answer is PostAnswer.ACCEPTED
    if after == STAGING:
        return _judge_staging(operation, evidence)
    if before == STAGING and after and (after in STARTED or is_yes):
        return _moved(before, after, evidence, others)
    if is_yes:
        message = f"{ACCEPTED}, but did not say what it changed."
        if after:
            told = f"the batch is {_plain(after)} now, but its status before is unknown"
            message = f"{ACCEPTED}, but what it changed is unknown: {told}."
        return Outcome(state=State.UNCONFIRMED, message=message)
    return _judge_untold(operation, evidence, after)


def _moved(before: str, after: str, evidence: Evidence, others: tuple[Operation, ...]) -> Outcome:
    step = f"{_plain(before)} → {_plain(after)}"
    if others:
        message = f"The batch was finalized: {step}, by this request or by {SOMEBODY}."
        return Outcome(state=State.UNCONFIRMED, message=message)
    message = f"Finalized: {step}.{MOVED.get(evidence.answer, '')}"
    return Outcome(state=State.SUCCEEDED, message=message)


def _judge_staging(operation: Operation, evidence: Evidence) -> Outcome:
    """It has not moved, or not yet."""
    if evidence.answer is PostAnswer.THROTTLED:
        return outcomes.held(evidence)
    if evidence.is_refusal:
        return outcomes.refused(evidence, message=f"{evidence.message} The batch is staging.")
    if evidence.answer is PostAnswer.ACCEPTED:
        if operation.checks < CHECKS_AFTER_ACCEPTED:
            return outcomes.still_checking(operation, message=_open_message(evidence))
        message = f"{ACCEPTED}, but nothing changed: the batch is still staging."
        return Outcome(state=State.NO_EFFECT, message=message)
    if not outcomes.is_last_check(operation):
        return outcomes.still_checking(operation)
    message = "It was not finalized: the batch is still staging. You may send it again."
    return Outcome(state=State.NOT_DONE, message=message)


def _judge_untold(operation: Operation, evidence: Evidence, after: str | None) -> Outcome:
    """Without a yes, and with statuses that say neither that it was done nor that it was not."""
    now = f"its status is {_plain(after or 'unknown')}"
    # it was staging, or may have been, and is no more: that may be of this very POST
    is_odd = after in STARTED or (bool(after) and operation.status_before == STAGING)
    if evidence.answer is PostAnswer.THROTTLED and not after:
        return outcomes.held(evidence)
    if evidence.is_refusal and not is_odd:
        told = _plain(after or "of unknown status")
        return outcomes.refused(evidence, message=f"{evidence.message} The batch is {told}.")
    if evidence.answer is PostAnswer.UNCLEAR and not outcomes.is_last_check(operation):
        return outcomes.still_checking(operation)
    message = f"Whether it was finalized is unknown: {now}."
    if evidence.is_refusal:
        message = f"{evidence.message} Yet {now}: whether this request did that is unknown."
    return Outcome(state=State.UNCONFIRMED, message=message)


def _judge_vanished(operation: Operation, evidence: Evidence) -> Outcome:
    if evidence.is_refusal:
        return outcomes.refused(evidence)
    if not outcomes.is_last_check(operation):
        return outcomes.still_checking(operation, message=_open_message(evidence))
    message = f"Whether it was finalized is unknown. {NOT_KNOWN}"
    return Outcome(state=State.UNCONFIRMED, message=message)


def _open_message(evidence: Evidence) -> str:
    if evidence.answer is PostAnswer.ACCEPTED:
        return f"{ACCEPTED}. Its effect is being checked; do not send it again."
    return f"{evidence.message} {outcomes.TO_BE_READ}" if evidence.message else outcomes.UNKNOWN


def _nothing_to_send(status: str) -> Outcome:
    state, message = (
        State.REFUSED,
        (f"Nothing was sent: its status is {_plain(status)}, and only staging can be finalized."),
    )
    if status in STARTED:
        message = f"Already so: the batch is {_plain(status)}. Nothing was sent."
        state = State.NO_EFFECT
    return Outcome(state=state, message=message, status_before=status, status_after=status)


def _unknown_message(error: NotFound) -> str:
    return Evidence.of_error(error).message


def _plain(status: str) -> str:
    return status.replace("_", " ")


STEPS = Steps(prepare=prepare, send=send, look=look, judge=judge)
