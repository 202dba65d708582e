"""Setting a priority: one call. It cannot be read back, so a lost answer stays unconfirmed."""

from batches.models import Operation, PostAnswer, State
from batches.services.operations import outcomes
from batches.services.operations.evidence import Evidence
from batches.services.operations.history import newer_priority
from batches.services.operations.outcomes import Outcome
from batches.services.operations.steps import Posted, Ready, Steps
from batches.services.operations.vendor_session import VendorSession

UNCONFIRMED = (
    "Unconfirmed: no usable answer came, and Refonte has no way to read a priority back. "
    "Sending it again is harmless unless somebody has sent a newer one."
)
# "Name taken" cannot be the answer to a priority, so it proves nothing.
UNCLEAR = (PostAnswer.UNCLEAR, PostAnswer.TAKEN)


def prepare(operation: Operation, session: VendorSession) -> Ready | Outcome:
    """Ready, or not sent where somebody has sent a newer priority."""
    # from the database, as Refonte returns no priority: one that waited must not undo a newer one
    newer = newer_priority(operation=operation, fingerprints=session.key.fingerprints)
    if newer is None:
        return Ready()
    message = (
        f"Nothing was sent now: {newer.username} has sent a newer one since, "
        f"{newer.parameters['priority']}, and this one would undo it."
    )
    return Outcome(state=State.NOT_SENT, message=message)


def post(operation: Operation, session: VendorSession) -> Posted:
    return Posted(request_id=session.prioritize(operation).request_id)


def judge(operation: Operation, evidence: Evidence, competing: tuple[Operation, ...]) -> Outcome:
    if evidence.answer is PostAnswer.ACCEPTED:
        priority = operation.parameters["priority"]
        message = f"Priority {priority} sent. Applies to tasks not yet started."
        return Outcome(state=State.SUCCEEDED, message=message)
    if evidence.answer in UNCLEAR:
        return Outcome(state=State.UNCONFIRMED, message=UNCONFIRMED)
    if evidence.answer is PostAnswer.THROTTLED:
        return outcomes.wait_to_send(evidence)
    return outcomes.refused(evidence)


STEPS = Steps(prepare=prepare, post=post, judge=judge)
