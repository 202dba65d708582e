"""What an error means for an operation: before its POST, after it, and while it is settled."""

from batches.models import Operation, State
from batches.refonte import (
    Busy,
    KeyRefused,
    NotFound,
    NotSent,
    RefonteError,
    Throttled,
)
from batches.services.operations.ledger import Outcome

LOOK_AFTER = (2, 5, 15, 60)  # seconds from one look to the next

UNKNOWN = (
    "Refonte gave no usable answer, so it may have happened or not. "
    "This console asks again until it knows. Do not send it again."
)
NOT_KNOWN = (
    "Refonte does not know this batch with this key: there is none of that name, "
    "or it was made with a key of the other mode."
)


def before_sending(error: RefonteError) -> Outcome:
    """A read that had to come first failed, so the write itself was not tried."""
    if isinstance(error, Throttled | KeyRefused):
        return after_sending(error)
    words = f"Nothing was sent, as Refonte could not be read first. {error.words}"
    return Outcome(state=State.NOT_SENT, words=words, http_status=error.http_status)


def after_sending(error: RefonteError) -> Outcome:
    """The POST ended so. The one place that decides what may be sent again."""
    status = error.http_status
    if error.may_have_happened:
        return Outcome(state=State.CHECKING, words=UNKNOWN, wait=LOOK_AFTER[0], http_status=status)
    if isinstance(error, Throttled):
        words = (
            "Refonte asked to wait. It is sent as soon as it may; until then it can be withdrawn."
        )
        return Outcome(
            state=State.WAITING, words=words, wait=error.retry_after or 5, http_status=status
        )
    if isinstance(error, NotSent | Busy):
        words = f"Nothing was sent and nothing happened. {error.words} You may send it again."
        return Outcome(state=State.NOT_SENT, words=words)
    return Outcome(
        state=State.REFUSED, words=_refusal(error), http_status=status, field=error.field
    )


def _refusal(error: RefonteError) -> str:
    if isinstance(error, KeyRefused):
        return f"Refonte refused the key: {error.words} Nothing happened. Look at your keys."
    if isinstance(error, NotFound):
        return f"{NOT_KNOWN} Refonte said: {error.words}"
    return f"Refonte refused it: {error.words}"


def look_failed(operation: Operation, error: RefonteError) -> Outcome:
    """Still unknown: the question itself got no answer, so it does not count as absent."""
    words = f"{UNKNOWN} The last question got no answer either: {error.words}"
    wait = error.retry_after or 0
    return still_checking(operation, words=words, at_least=wait)


def still_checking(operation: Operation, *, words: str = UNKNOWN, at_least: int = 0) -> Outcome:
    """Unknown, with the time of the next look."""
    step = min(operation.checks, len(LOOK_AFTER) - 1)
    return Outcome(state=State.CHECKING, words=words, wait=max(LOOK_AFTER[step], at_least))


def is_last_look(operation: Operation) -> bool:
    """From the last look on, what the vendor does not show is not there."""
    return operation.checks >= len(LOOK_AFTER)
