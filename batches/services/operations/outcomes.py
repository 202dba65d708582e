"""What verbs share in judging: nothing left, held back, not known yet."""

from batches.models import Operation, State
from batches.refonte import KeyRefused, NotSent, RefonteError, Throttled
from batches.services.operations.evidence import UNREACHED, Evidence
from batches.services.operations.ledger import Outcome

CHECK_DELAYS = (2, 5, 15, 60)  # seconds from one look to the next
UNTOLD_WAIT = 5  # seconds, where the vendor asks to wait and does not say for how long

UNKNOWN = (
    "Refonte gave no usable answer, so it may or may not have happened. "
    "This console keeps checking. Do not send it again."
)
UNREAD = "Nothing was sent: Refonte could not be read."
TO_BE_READ = "Its effect is being checked. Do not send it again."
ASKED_TO_WAIT = (
    "Refonte asked to wait. It is sent as soon as allowed; until then it can be withdrawn."
)


def before_sending(operation: Operation, error: RefonteError) -> Outcome:
    """A read that had to come first failed, so the write itself was not tried."""
    if isinstance(error, Throttled):
        return held(Evidence.of_error(error))
    if operation.sent_at is not None:
        return _not_sent_again(error)
    if isinstance(error, KeyRefused):
        refused = Evidence.of_error(error)
        return Outcome(state=State.REFUSED, message=refused.message, http_status=error.http_status)
    why = UNREACHED if isinstance(error, NotSent) else UNREAD
    message = f"{why} {error.words}"
    return Outcome(state=State.NOT_SENT, message=message, http_status=error.http_status)


def _not_sent_again(error: RefonteError) -> Outcome:
    """One that Refonte asked to wait with may have been done all the same: a read must say so."""
    message = f"Refonte asked to wait and could not be read since then. {error.words}"
    wait = error.retry_after or CHECK_DELAYS[-1]
    return Outcome(state=State.WAITING, message=message, wait=wait)


def held(evidence: Evidence) -> Outcome:
    """Asked to wait, and not done as far as can be read: it is sent later, not lost."""
    wait = evidence.retry_after or UNTOLD_WAIT
    return Outcome(state=State.WAITING, message=ASKED_TO_WAIT, wait=wait)


def refused(evidence: Evidence, *, message: str = "") -> Outcome:
    """The vendor said no, and nothing that was read speaks against it."""
    return Outcome(state=State.REFUSED, message=message or evidence.message, field=evidence.field)


def unread(operation: Operation, evidence: Evidence, *, message: str = UNKNOWN) -> Outcome:
    """A read that itself got no answer does not count as absent."""
    if evidence.seen is None:  # refused, with a key that cannot read either
        return refused(evidence)
    error = evidence.seen
    if operation.checks and isinstance(error, RefonteError):
        message = f"{message} The last check got no answer either: {error.words}"
    wait = max(getattr(error, "retry_after", 0) or 0, evidence.retry_after or 0)
    return still_checking(operation, message=message, at_least=wait)


def still_checking(operation: Operation, *, message: str = UNKNOWN, at_least: int = 0) -> Outcome:
    """Unknown, with the time of the next look."""
    step = min(operation.checks, len(CHECK_DELAYS) - 1)
    return Outcome(state=State.CHECKING, message=message, wait=max(CHECK_DELAYS[step], at_least))


def is_last_check(operation: Operation) -> bool:
    """From the last look on, what the vendor does not show is not there."""
    return operation.checks >= len(CHECK_DELAYS)
