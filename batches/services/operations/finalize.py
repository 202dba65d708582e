"""Finalizing a batch: read before and after, since 200 may mean that nothing happened.

What is read is its `/status`: a batch's own answer may leave the status out.
"""

from batches.models import Operation, State
from batches.refonte import COMPLETED, IN_PROGRESS, STAGING, NotFound, RefonteError, Rejected
from batches.services.operations import outcomes
from batches.services.operations.ledger import Outcome
from batches.services.operations.line import Line
from batches.services.operations.steps import Ready, Steps

STARTED = (IN_PROGRESS, COMPLETED)


def prepare(operation: Operation, line: Line) -> Ready | Outcome:
    """Only a batch in staging is sent; one without a status is given the benefit of the doubt."""
    try:
        status = line.read_status(operation.batch_name).status
    except NotFound as error:
        return outcomes.after_sending(error)
    except RefonteError as error:
        return outcomes.before_sending(error)
    if status in (STAGING, None):
        return Ready(status_before=status or "")
    if status in STARTED:
        return _already(status)
    words = f"Nothing was sent: its status is {_plain(status)}, and only staging can be finalized."
    return Outcome(state=State.REFUSED, words=words, status_after=status)


def send(operation: Operation, line: Line) -> Outcome:
    """The POST, then a read: only the two statuses together say what it did."""
    try:
        line.finalize(operation)
    except Rejected as error:
        return _explain_refusal(operation, line, error)
    except RefonteError as error:
        return outcomes.after_sending(error)
    try:
        after = line.read_status(operation.batch_name).status
    except RefonteError:
        words = "Refonte accepted it. What it changed is being read; do not send it again."
        return Outcome(state=State.CHECKING, words=words, wait=2, http_status=200)
    return _accepted(operation, after)


def look(operation: Operation, line: Line) -> Outcome:
    """Has it left staging? An answer of 200 that came before decides what staging means."""
    try:
        after = line.read_status(operation.batch_name).status
    except NotFound:
        return _vanished(operation)
    except RefonteError as error:
        return outcomes.look_failed(operation, error)
    if operation.http_status == 200:
        return _accepted(operation, after)
    if after in STARTED and operation.status_before == STAGING:
        words = f"Finalized: its answer was lost, and reading it showed {_plain(after)}."
        return Outcome(state=State.SUCCEEDED, words=words, status_after=after)
    return _unmoved(operation, after)


def _accepted(operation: Operation, after: str | None) -> Outcome:
    """A yes, weighed by both statuses: without either of them nobody knows what it did."""
    before = operation.status_before
    if after == STAGING:
        state, words = State.NO_EFFECT, "but nothing changed: the batch is still staging"
    elif before and after:
        words = f"Finalized: {_plain(before)} → {_plain(after)}."
        return Outcome(state=State.SUCCEEDED, words=words, http_status=200, status_after=after)
    elif after:
        told = f"the batch is {_plain(after)} now, and what it was before is not told"
        state, words = State.UNCONFIRMED, f"but what it changed is unknown: {told}"
    else:
        state, words = State.UNCONFIRMED, "but what it changed is not told"
    words = f"Refonte accepted it, {words}."
    return Outcome(state=state, words=words, http_status=200, status_after=after)


def _explain_refusal(operation: Operation, line: Line, error: Rejected) -> Outcome:
    try:
        after = line.read_status(operation.batch_name).status
    except RefonteError:
        return outcomes.after_sending(error)
    if after in STARTED:
        return _already(after, http_status=error.http_status)
    words = (
        f"Refonte refused it: {error.words} The batch is {_plain(after or 'of unknown status')}."
    )
    return Outcome(
        state=State.REFUSED, words=words, http_status=error.http_status, status_after=after
    )


def _already(status: str | None, *, http_status: int | None = None) -> Outcome:
    words = f"Already so: the batch is {_plain(status or '')}. Nothing had to be done."
    return Outcome(state=State.NO_EFFECT, words=words, http_status=http_status, status_after=status)


def _unmoved(operation: Operation, after: str | None) -> Outcome:
    if not outcomes.is_last_look(operation):
        return outcomes.still_checking(operation)
    if after == STAGING:
        words = "It was not finalized: the batch is still staging. You may send it again."
        return Outcome(state=State.NOT_DONE, words=words, status_after=after)
    words = f"Whether it was finalized stays unknown: its status is {_plain(after or 'not told')}."
    return Outcome(state=State.UNCONFIRMED, words=words, status_after=after)


def _vanished(operation: Operation) -> Outcome:
    if not outcomes.is_last_look(operation):
        return outcomes.still_checking(operation)
    return Outcome(
        state=State.UNCONFIRMED,
        words=f"Whether it was finalized stays unknown. {outcomes.NOT_KNOWN}",
    )


def _plain(status: str) -> str:
    return status.replace("_", " ")


STEPS = Steps(prepare=prepare, send=send, look=look)
