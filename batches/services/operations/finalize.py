"""Finalizing a batch: its status is read before and after the POST.

An accepted POST may have changed nothing, and a refused or unanswered one may have worked.
"""

from dataclasses import replace

from django.utils import timezone

from batches.models import Operation, PostAnswer, State
from batches.refonte import COMPLETED, IN_PROGRESS, STAGING, BatchStatus, NotFound, RefonteError
from batches.services.operations import outcomes
from batches.services.operations.competing import SOMEBODY
from batches.services.operations.evidence import NOT_KNOWN, Evidence, try_read
from batches.services.operations.outcomes import Outcome
from batches.services.operations.steps import Posted, Ready, Steps
from batches.services.operations.vendor_session import VendorSession

STARTED = (IN_PROGRESS, COMPLETED)
# The status may change some seconds after an accepted POST: so many checks see it.
CHECKS_AFTER_ACCEPTED = 2
ACCEPTED = "Refonte accepted it"
ANSWERED = {
    PostAnswer.UNCLEAR: " The reply was lost.",
    PostAnswer.THROTTLED: " Refonte had asked to wait.",
    PostAnswer.TAKEN: " Refonte had answered with a refusal.",
    PostAnswer.REFUSED: " Refonte had answered with a refusal.",
}


def read(operation: Operation, session: VendorSession) -> BatchStatus:
    # from `/status`: the answer about the batch itself may have no status
    return session.read_status(operation.batch_name)


def prepare(operation: Operation, session: VendorSession) -> Ready | Outcome | Evidence:
    """Only a batch in staging is sent, or one whose status Refonte does not report."""
    began = session.earlier_at or timezone.now()
    seen = try_read(read, operation, session)
    if isinstance(seen, BatchStatus) and seen.status in (STAGING, None):
        return Ready(status_before=seen.status or "", precheck_at=began)
    if operation.sent_at is not None and isinstance(seen, BatchStatus | NotFound):
        # an earlier POST, which Refonte asked to wait with, may have started it
        return Evidence.of_later_read(operation, seen)
    if isinstance(seen, NotFound):
        message = Evidence.of_error(seen).message
        return Outcome(state=State.REFUSED, message=message, http_status=404)
    if isinstance(seen, RefonteError):
        return outcomes.not_prepared(operation, seen)
    return _nothing_to_send(seen.status or "")


def post(operation: Operation, session: VendorSession) -> Posted:
    return Posted(request_id=session.finalize(operation).request_id)


def judge(operation: Operation, evidence: Evidence, competing: tuple[Operation, ...]) -> Outcome:
    """By the answer of the POST and the statuses before and after it."""
    if isinstance(evidence.seen, BatchStatus):
        after = evidence.seen.status
        outcome = _judge_status(operation, evidence, after, competing)
        return replace(outcome, status_after=after)
    if isinstance(evidence.seen, NotFound):
        return _judge_absent(operation, evidence)
    return outcomes.unread(operation, evidence, message=_checking_message(evidence))


def _judge_status(
    operation: Operation, evidence: Evidence, after: str | None, competing: tuple[Operation, ...]
) -> Outcome:
    before, is_accepted = operation.status_before, evidence.answer is PostAnswer.ACCEPTED
    if after == STAGING:
        return _judge_staging(operation, evidence)
    # it has left staging: it is started, or was accepted and has a status that is unknown here
    if before == STAGING and after and (after in STARTED or is_accepted):
        return _moved(before, after, evidence, competing)
    if is_accepted:
        message = f"{ACCEPTED}, but did not say what it changed."
        if after:
            known = f"the batch is {_plain(after)} now, but its status before is unknown"
            message = f"{ACCEPTED}, but what it changed is unknown: {known}."
        return Outcome(state=State.UNCONFIRMED, message=message)
    return _judge_other_status(operation, evidence, after)


def _moved(
    before: str, after: str, evidence: Evidence, competing: tuple[Operation, ...]
) -> Outcome:
    step = f"{_plain(before)} → {_plain(after)}"
    if competing:
        message = f"The batch was finalized: {step}, by this request or by {SOMEBODY}."
        return Outcome(state=State.UNCONFIRMED, message=message)
    message = f"Finalized: {step}.{ANSWERED.get(evidence.answer, '')}"
    return Outcome(state=State.SUCCEEDED, message=message)


def _judge_staging(operation: Operation, evidence: Evidence) -> Outcome:
    """The status has not changed, or not yet."""
    if evidence.answer is PostAnswer.THROTTLED:
        return outcomes.wait_to_send(evidence)
    if evidence.is_refusal:
        return outcomes.refused(evidence, message=f"{evidence.message} The batch is staging.")
    if evidence.answer is PostAnswer.ACCEPTED:
        # not yet NO_EFFECT: the status may follow some seconds later
        if operation.checks < CHECKS_AFTER_ACCEPTED:
            return outcomes.still_checking(operation, message=_checking_message(evidence))
        message = f"{ACCEPTED}, but nothing changed: the batch is still staging."
        return Outcome(state=State.NO_EFFECT, message=message)
    if not outcomes.is_last_check(operation):
        return outcomes.still_checking(operation)
    message = "It was not finalized: the batch is still staging. You may send it again."
    return Outcome(state=State.NOT_DONE, message=message)


def _judge_other_status(operation: Operation, evidence: Evidence, after: str | None) -> Outcome:
    """Not accepted, and the statuses show neither that it was done nor that it was not."""
    now = f"its status is {_plain(after or 'unknown')}"
    # it was in staging, or may have been, and has left it: this POST may be the reason
    has_moved = after in STARTED or (bool(after) and operation.status_before == STAGING)
    if evidence.answer is PostAnswer.THROTTLED and not after:
        return outcomes.wait_to_send(evidence)
    if evidence.is_refusal and not has_moved:
        status = _plain(after or "of unknown status")
        return outcomes.refused(evidence, message=f"{evidence.message} The batch is {status}.")
    # a lost POST may still be carried out, so a later check may show more
    if evidence.answer is PostAnswer.UNCLEAR and not outcomes.is_last_check(operation):
        return outcomes.still_checking(operation)
    message = f"Whether it was finalized is unknown: {now}."
    if evidence.is_refusal:
        message = f"{evidence.message} Yet {now}: whether this request did that is unknown."
    return Outcome(state=State.UNCONFIRMED, message=message)


def _judge_absent(operation: Operation, evidence: Evidence) -> Outcome:
    if evidence.is_refusal:
        return outcomes.refused(evidence)
    if not outcomes.is_last_check(operation):
        return outcomes.still_checking(operation, message=_checking_message(evidence))
    message = f"Whether it was finalized is unknown. {NOT_KNOWN}"
    return Outcome(state=State.UNCONFIRMED, message=message)


def _checking_message(evidence: Evidence) -> str:
    if evidence.answer is PostAnswer.ACCEPTED:
        return f"{ACCEPTED}. Its effect is being checked; do not send it again."
    return outcomes.checking_message(evidence)


def _nothing_to_send(status: str) -> Outcome:
    state = State.REFUSED
    message = (
        f"Nothing was sent: its status is {_plain(status)}, and only staging can be finalized."
    )
    if status in STARTED:  # what the person wanted is so already
        state = State.NO_EFFECT
        message = f"Already so: the batch is {_plain(status)}. Nothing was sent."
    return Outcome(state=state, message=message, status_before=status, status_after=status)


def _plain(status: str) -> str:
    return status.replace("_", " ")


STEPS = Steps(prepare=prepare, post=post, read=read, judge=judge)
