"""Setting a priority: one call. It cannot be read back, so a lost answer stays unconfirmed."""

from batches.models import Operation, State
from batches.refonte import RefonteError
from batches.services.operations import outcomes
from batches.services.operations.history import newer_priority
from batches.services.operations.ledger import Outcome
from batches.services.operations.line import Line
from batches.services.operations.steps import Ready, Steps

UNCONFIRMED = (
    "Unconfirmed: no usable answer came, and Refonte has no way to read a priority back. "
    "Sending it again is harmless unless somebody has sent a newer one."
)


def prepare(operation: Operation, line: Line) -> Ready | Outcome:
    """Nothing to read: it is not told anywhere. What waited must not undo what came after it."""
    newer = newer_priority(operation=operation, fingerprints=line.key.fingerprints)
    if newer is None:
        return Ready()
    words = (
        f"Nothing was sent: {newer.username} has sent a newer one since, "
        f"{newer.parameters['priority']}, and this one would undo it."
    )
    return Outcome(state=State.NOT_SENT, words=words)


def send(operation: Operation, line: Line) -> Outcome:
    try:
        line.prioritize(operation)
    except RefonteError as error:
        if error.may_have_happened:
            return _unconfirmed(error.http_status)
        return outcomes.after_sending(error)
    words = f"Priority {operation.parameters['priority']} sent. It moves tasks not yet started."
    return Outcome(state=State.SUCCEEDED, words=words, http_status=200)


def look(operation: Operation, line: Line) -> Outcome:
    return _unconfirmed(operation.http_status)


def _unconfirmed(http_status: int | None) -> Outcome:
    return Outcome(state=State.UNCONFIRMED, words=UNCONFIRMED, http_status=http_status)


STEPS = Steps(prepare=prepare, send=send, look=look)
