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
from batches.services.operations.evidence import NOT_KNOWN, Evidence, seen_after, seen_by
from batches.services.operations.ledger import Outcome
from batches.services.operations.others import SOMEBODY
from batches.services.operations.steps import Ready, Steps
from batches.services.operations.vendor_session import Line

STARTED = (IN_PROGRESS, COMPLETED)
LOOKS_AFTER_YES = 2  # of `LOOK_AFTER`: a status may follow its yes by some seconds
ACCEPTED = "Refonte accepted it"
MOVED = {
    PostAnswer.UNCLEAR: " The reply was lost.",
    PostAnswer.THROTTLED: " Refonte had asked to wait.",
    PostAnswer.TAKEN: " Refonte had answered with a refusal.",
    PostAnswer.REFUSED: " Refonte had answered with a refusal.",
}


def prepare(operation: Operation, line: Line) -> Ready | Outcome | Evidence:
    """Only a batch in staging is sent; one without a status is given the benefit of the doubt.

    One that was held after its POST may have been started by that POST.
    """
    began, seen = timezone.now(), seen_by(partial(line.read_status, operation.batch_name))
    if isinstance(seen, BatchStatus) and seen.status in (STAGING, None):
        return Ready(status_before=seen.status or "", precheck_at=began)
    if operation.sent_at is not None and isinstance(seen, BatchStatus | NotFound):
        return Evidence.recorded(operation, seen)
    if isinstance(seen, NotFound):
        return Outcome(state=State.REFUSED, words=_unknown_words(seen), http_status=404)
    if isinstance(seen, RefonteError):
        return outcomes.before_sending(operation, seen)
    return _nothing_to_send(seen.status or "")


def send(operation: Operation, line: Line) -> Evidence:
    """The POST, then a read: only the two statuses together say what it did."""
    read = partial(line.read_status, operation.batch_name)
    try:
        line.finalize(operation)
    except RefonteError as error:
        return Evidence.of_error(error, seen_after(error, line, read))
    return Evidence(answer=PostAnswer.ACCEPTED, http_status=200, seen=seen_by(read))


def look(operation: Operation, line: Line) -> Evidence:
    """Has it left staging by now?"""
    return Evidence.recorded(operation, seen_by(partial(line.read_status, operation.batch_name)))


def judge(operation: Operation, evidence: Evidence, others: tuple[Operation, ...]) -> Outcome:
    """What became of it, by the answer of the POST and the statuses around it. Asks nobody."""
    if isinstance(evidence.seen, BatchStatus):
        after = evidence.seen.status
        return replace(_judge_status(operation, evidence, after, others), status_after=after)
    if isinstance(evidence.seen, NotFound):
        return _judge_vanished(operation, evidence)
    return outcomes.unread(operation, evidence, words=_open_words(evidence))


def _judge_status(
    operation: Operation, evidence: Evidence, after: str | None, others: tuple[Operation, ...]
) -> Outcome:
    before, is_yes = operation.status_before, evidence.answer is PostAnswer.ACCEPTED
    if after == STAGING:
        return _judge_staging(operation, evidence)
    if before == STAGING and after and (after in STARTED or is_yes):
        return _moved(before, after, evidence, others)
    if is_yes:
        words = f"{ACCEPTED}, but did not say what it changed."
        if after:
            told = f"the batch is {_plain(after)} now, but its status before is unknown"
            words = f"{ACCEPTED}, but what it changed is unknown: {told}."
        return Outcome(state=State.UNCONFIRMED, words=words)
    return _judge_untold(operation, evidence, after)


def _moved(before: str, after: str, evidence: Evidence, others: tuple[Operation, ...]) -> Outcome:
    step = f"{_plain(before)} → {_plain(after)}"
    if others:
        words = f"The batch was finalized: {step}, by this request or by {SOMEBODY}."
        return Outcome(state=State.UNCONFIRMED, words=words)
    words = f"Finalized: {step}.{MOVED.get(evidence.answer, '')}"
    return Outcome(state=State.SUCCEEDED, words=words)


def _judge_staging(operation: Operation, evidence: Evidence) -> Outcome:
    """It has not moved, or not yet."""
    if evidence.answer is PostAnswer.THROTTLED:
        return outcomes.held(evidence)
    if evidence.is_refusal:
        return outcomes.refused(evidence, words=f"{evidence.words} The batch is staging.")
    if evidence.answer is PostAnswer.ACCEPTED:
        if operation.checks < LOOKS_AFTER_YES:
            return outcomes.still_checking(operation, words=_open_words(evidence))
        words = f"{ACCEPTED}, but nothing changed: the batch is still staging."
        return Outcome(state=State.NO_EFFECT, words=words)
    if not outcomes.is_last_look(operation):
        return outcomes.still_checking(operation)
    words = "It was not finalized: the batch is still staging. You may send it again."
    return Outcome(state=State.NOT_DONE, words=words)


def _judge_untold(operation: Operation, evidence: Evidence, after: str | None) -> Outcome:
    """Without a yes, and with statuses that say neither that it was done nor that it was not."""
    now = f"its status is {_plain(after or 'unknown')}"
    # it was staging, or may have been, and is no more: that may be of this very POST
    is_odd = after in STARTED or (bool(after) and operation.status_before == STAGING)
    if evidence.answer is PostAnswer.THROTTLED and not after:
        return outcomes.held(evidence)
    if evidence.is_refusal and not is_odd:
        told = _plain(after or "of unknown status")
        return outcomes.refused(evidence, words=f"{evidence.words} The batch is {told}.")
    if evidence.answer is PostAnswer.UNCLEAR and not outcomes.is_last_look(operation):
        return outcomes.still_checking(operation)
    words = f"Whether it was finalized is unknown: {now}."
    if evidence.is_refusal:
        words = f"{evidence.words} Yet {now}: whether this request did that is unknown."
    return Outcome(state=State.UNCONFIRMED, words=words)


def _judge_vanished(operation: Operation, evidence: Evidence) -> Outcome:
    if evidence.is_refusal:
        return outcomes.refused(evidence)
    if not outcomes.is_last_look(operation):
        return outcomes.still_checking(operation, words=_open_words(evidence))
    words = f"Whether it was finalized is unknown. {NOT_KNOWN}"
    return Outcome(state=State.UNCONFIRMED, words=words)


def _open_words(evidence: Evidence) -> str:
    if evidence.answer is PostAnswer.ACCEPTED:
        return f"{ACCEPTED}. Its effect is being checked; do not send it again."
    return f"{evidence.words} {outcomes.TO_BE_READ}" if evidence.words else outcomes.UNKNOWN


def _nothing_to_send(status: str) -> Outcome:
    state, words = (
        State.REFUSED,
        (f"Nothing was sent: its status is {_plain(status)}, and only staging can be finalized."),
    )
    if status in STARTED:
        words = f"Already so: the batch is {_plain(status)}. Nothing was sent."
        state = State.NO_EFFECT
    return Outcome(state=state, words=words, status_before=status, status_after=status)


def _unknown_words(error: NotFound) -> str:
    return Evidence.of_error(error).words


def _plain(status: str) -> str:
    return status.replace("_", " ")


STEPS = Steps(prepare=prepare, send=send, look=look, judge=judge)
