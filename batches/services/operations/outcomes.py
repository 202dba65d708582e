"""The outcome of a step, and the judgements that several verbs share."""

from dataclasses import dataclass
from datetime import datetime

from batches.models import Operation, PostAnswer, State
from batches.refonte import KeyRefused, NotSent, RefonteError, Throttled
from batches.services.operations.evidence import UNREACHED, Evidence

CHECK_DELAYS = (2, 5, 15, 60)  # seconds from one check to the next
DEFAULT_WAIT = 5  # seconds, where the vendor asks to wait without a time

UNKNOWN = (
    "Refonte gave no usable answer, so it may or may not have happened. "
    "This console keeps checking. Do not send it again."
)
UNREAD = "Nothing was sent: Refonte could not be read."
BEING_CHECKED = "Its effect is being checked. Do not send it again."
ASKED_TO_WAIT = (
    "Refonte asked to wait. It is sent as soon as allowed; until then it can be withdrawn."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The state after a step, with the message for people. What is None stays as it was recorded.

    wait: seconds until the next step, in an open state. field: the parameter that the message is
    about. found_at: when a batch of the name to create was seen.
    """

    state: State
    message: str
    wait: int | None = None
    answer: PostAnswer | None = None
    answer_message: str | None = None
    http_status: int | None = None
    request_id: str | None = None
    status_before: str | None = None
    status_after: str | None = None
    found_at: datetime | None = None
    field: str | None = None


def not_prepared(operation: Operation, error: RefonteError) -> Outcome:
    """A read that must come before the POST failed, so the POST was not tried."""
    if isinstance(error, Throttled):
        return wait_to_send(Evidence.of_error(error))
    if operation.sent_at is not None:
        # the POST that was answered with 429 may have worked all the same: it must be read first
        message = f"Refonte asked to wait and could not be read since then. {error.message}"
        wait = error.retry_after or CHECK_DELAYS[-1]
        return Outcome(state=State.WAITING, message=message, wait=wait)
    if isinstance(error, KeyRefused):
        message = Evidence.of_error(error).message
        return Outcome(state=State.REFUSED, message=message, http_status=error.http_status)
    why = UNREACHED if isinstance(error, NotSent) else UNREAD
    message = f"{why} {error.message}"
    return Outcome(state=State.NOT_SENT, message=message, http_status=error.http_status)


def wait_to_send(evidence: Evidence) -> Outcome:
    """Refonte asked to wait, and the effect does not show: it is sent later."""
    wait = evidence.retry_after or DEFAULT_WAIT
    return Outcome(state=State.WAITING, message=ASKED_TO_WAIT, wait=wait)


def refused(evidence: Evidence, *, message: str = "") -> Outcome:
    """Refonte refused it, and nothing that was read contradicts that."""
    return Outcome(state=State.REFUSED, message=message or evidence.message, field=evidence.field)


def unread(operation: Operation, evidence: Evidence, *, message: str = UNKNOWN) -> Outcome:
    """Nothing could be read, which does not mean that the batch is absent."""
    if evidence.seen is None:  # the key was refused, so it cannot read either
        return refused(evidence)
    error = evidence.seen
    # right after the POST no check came before this one
    if operation.checks and isinstance(error, RefonteError):
        message = f"{message} The last check got no answer either: {error.message}"
    wait = max(getattr(error, "retry_after", 0) or 0, evidence.retry_after or 0)
    return still_checking(operation, message=message, at_least=wait)


def still_checking(operation: Operation, *, message: str = UNKNOWN, at_least: int = 0) -> Outcome:
    """Unknown yet, to be read again after `at_least` seconds."""
    delay = CHECK_DELAYS[min(operation.checks, len(CHECK_DELAYS) - 1)]
    return Outcome(state=State.CHECKING, message=message, wait=max(delay, at_least))


def checking_message(evidence: Evidence) -> str:
    """Of an operation that is still checked: the answer's own message, where there is one."""
    return f"{evidence.message} {BEING_CHECKED}" if evidence.message else UNKNOWN


def is_last_check(operation: Operation) -> bool:
    # what Refonte does not show by then did not happen: it shows an effect within seconds
    return operation.checks >= len(CHECK_DELAYS)
