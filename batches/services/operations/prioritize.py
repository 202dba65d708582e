"""Setting a priority: one call. It cannot be read back, so a lost answer stays unconfirmed."""

from batches.models import Operation, PostAnswer, State
from batches.refonte import RefonteError
from batches.services.operations import outcomes
from batches.services.operations.evidence import Evidence
from batches.services.operations.history import newer_priority
from batches.services.operations.ledger import Outcome
from batches.services.operations.steps import Ready, Steps
from batches.services.operations.vendor_session import Line

UNCONFIRMED = (
    "Unconfirmed: no usable answer came, and Refonte has no way to read a priority back. "
    "Sending it again is harmless unless somebody has sent a newer one."
)
# No name is created here: who answers so has not understood the call, or answers another one.
UNCLEAR = (PostAnswer.UNCLEAR, PostAnswer.TAKEN)


def prepare(operation: Operation, line: Line) -> Ready | Outcome:
    """Nothing to read: it is not told anywhere. What waited must not undo what came after it."""
    newer = newer_priority(operation=operation, fingerprints=line.key.fingerprints)
    if newer is None:
        return Ready()
    words = (
        f"Nothing was sent now: {newer.username} has sent a newer one since, "
        f"{newer.parameters['priority']}, and this one would undo it."
    )
    return Outcome(state=State.NOT_SENT, words=words)


def send(operation: Operation, line: Line) -> Evidence:
    """The POST, and nothing after it."""
    try:
        line.prioritize(operation)
    except RefonteError as error:
        return Evidence.of_error(error)
    return Evidence(answer=PostAnswer.ACCEPTED, http_status=200)


def look(operation: Operation, line: Line) -> Evidence:
    return Evidence.recorded(operation)


def judge(operation: Operation, evidence: Evidence, others: tuple[Operation, ...]) -> Outcome:
    """By its answer alone."""
    if evidence.answer is PostAnswer.ACCEPTED:
        priority = operation.parameters["priority"]
        words = f"Priority {priority} sent. Applies to tasks not yet started."
        return Outcome(state=State.SUCCEEDED, words=words)
    if evidence.answer in UNCLEAR:
        return Outcome(state=State.UNCONFIRMED, words=UNCONFIRMED)
    if evidence.answer is PostAnswer.THROTTLED:
        return outcomes.held(evidence)
    return outcomes.refused(evidence)


STEPS = Steps(prepare=prepare, send=send, look=look, judge=judge)
