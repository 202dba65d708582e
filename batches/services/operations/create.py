"""Creating a batch: sent once, and never again before a read has shown what the POST did.

The name is read before the POST. A batch that was absent then and exists after it, in the same
project, was created by it, unless another request may have created it.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from batches.models import Operation, PostAnswer, State, Verb
from batches.models.names import name_digest
from batches.refonte import IN_PROGRESS, STAGING, Batch, NotFound, RefonteError
from batches.services.operations import ledger, outcomes
from batches.services.operations.competing import SOMEBODY
from batches.services.operations.evidence import Evidence
from batches.services.operations.outcomes import Outcome
from batches.services.operations.steps import Posted, Ready, Steps
from batches.services.operations.vendor_session import VendorSession

# The vendor's machine that dates a batch may have another clock than the one that sent `Date`.
CLOCK_SLACK = timedelta(seconds=60)
# An older attempt is no evidence of who created a batch just now.
EARLIER = timedelta(hours=1)

DOUBTFUL = f"The batch has just appeared: created by this request or by {SOMEBODY}."
TAKEN = (
    "Refonte says that the name is taken, perhaps by this very request. "
    "This console keeps checking. Do not send it again."
)
UNDER_WAY = "a request from here that is under way"
LOST_REPLY = "an earlier request from here, whose reply was lost"
PROJECT_NOT_KNOWN = "Refonte does not know the project with this key."
FOUND = {
    PostAnswer.UNCLEAR: "Created. The reply was lost, but the batch was found.",
    PostAnswer.THROTTLED: "Created. Refonte asked to wait, but the batch was found.",
}


def read(operation: Operation, session: VendorSession) -> Batch:
    return session.read(operation.batch_name)


def prepare(operation: Operation, session: VendorSession) -> Ready | Outcome | Evidence:
    """Reads the name. Where it is absent, keeps the vendor's time of that answer."""
    # a POST that worked may be answered with an error, and a repeat with "name taken": without this
    # read neither shows whether the batch was there before
    now = timezone.now()
    try:
        found = read(operation, session)
    except NotFound as absent:
        return Ready(vendor_date=absent.vendor_date, precheck_at=now)
    except RefonteError as error:
        return outcomes.not_prepared(operation, error)
    if operation.sent_at is not None:
        # an earlier POST, which Refonte asked to wait with, may have created it
        return Evidence.of_later_read(operation, found)
    return _exists_before(operation, found, session)


def post(operation: Operation, session: VendorSession) -> Posted:
    answer = session.create(operation)
    return Posted(request_id=answer.request_id, batch=answer.data)


def judge(operation: Operation, evidence: Evidence, competing: tuple[Operation, ...]) -> Outcome:
    """By the answer of the POST and a read after it."""
    if isinstance(evidence.seen, Batch):
        return _judge_found(operation, evidence, evidence.seen, competing)
    if isinstance(evidence.seen, NotFound):
        return _judge_absent(operation, evidence)
    return outcomes.unread(operation, evidence, message=_checking_message(evidence))


def _judge_found(
    operation: Operation, evidence: Evidence, found: Batch, competing: tuple[Operation, ...]
) -> Outcome:
    facts: dict[str, Any] = {"status_after": found.status, "found_at": timezone.now()}
    if evidence.answer is PostAnswer.ACCEPTED:
        # Refonte may accept two creates of one name: only one of them may be called its creator
        if any(other.state == State.SUCCEEDED for other in competing):
            return Outcome(state=State.UNCONFIRMED, message=DOUBTFUL, **facts)
        message = f"Created. {_next_step(found)}".rstrip()
        return Outcome(state=State.SUCCEEDED, message=message, **facts)
    if why := _why_not_ours(operation, found):
        message = f"This batch was created by somebody else: {why}. Yours was not created."
        return _name_taken(message)
    if competing or evidence.answer not in FOUND:
        message = f"{DOUBTFUL}{_missing(found)}"
        return Outcome(state=State.UNCONFIRMED, message=message, **facts)
    message = f"{FOUND[evidence.answer]}{_missing(found)}"
    return Outcome(state=State.SUCCEEDED, message=message, **facts)


def _judge_absent(operation: Operation, evidence: Evidence) -> Outcome:
    if evidence.answer is PostAnswer.THROTTLED:
        return outcomes.wait_to_send(evidence)
    if evidence.answer is PostAnswer.REFUSED:
        return outcomes.refused(evidence)
    if not outcomes.is_last_check(operation):
        return outcomes.still_checking(operation, message=_checking_message(evidence))
    message = "It was not created: Refonte still does not know it. You may send it again."
    return Outcome(state=State.NOT_DONE, message=message)


def _checking_message(evidence: Evidence) -> str:
    return TAKEN if evidence.answer is PostAnswer.TAKEN else outcomes.checking_message(evidence)


def _next_step(batch: Batch) -> str:
    """What its kind of project does with a new batch, which may surprise."""
    if batch.status == IN_PROGRESS:
        return "Its project starts work by itself: no finalizing needed."
    if batch.status == STAGING:
        return "It is in staging: add its tasks, then finalize it."
    return ""


def _why_not_ours(operation: Operation, found: Batch) -> str:
    """Why the batch cannot be of this request; empty where it can."""
    if found.project not in (None, operation.project):
        return f"it is in the project {found.project}"
    since = operation.vendor_date
    # without these times it may be ours: it was absent before the POST, and is there now
    if found.created_at and since and found.created_at < since - CLOCK_SLACK:
        return "it was created before this request"
    return ""


def _missing(found: Batch) -> str:
    facts = {"its project": found.project, "when it was created": found.created_at}
    missing = [label for label, value in facts.items() if value is None]
    return f" Refonte did not say {' nor '.join(missing)}." if missing else ""


def _exists_before(operation: Operation, found: Batch, session: VendorSession) -> Outcome:
    """Nothing was sent. An earlier request from here may have created the batch."""
    earlier = [one for one in _earlier(operation, session) if not _why_not_ours(one, found)]
    if not earlier:
        where = f" in the project {found.project}" if found.project else ""
        return _name_taken(
            f"The name is taken by a batch{where}. Nothing was sent. Choose another name."
        )
    if any(ledger.is_leased(one) for one in earlier):
        return _name_taken(f"The name is taken, perhaps by {UNDER_WAY}. Nothing was sent now.")
    if any(_settings(one) != _settings(operation) for one in earlier):
        return _name_taken(
            f"The name is taken, perhaps by {LOST_REPLY} and which had other settings. "
            "Nothing was sent."
        )
    message = f"The batch exists already, perhaps created by {LOST_REPLY}. Nothing was sent now."
    facts: dict[str, Any] = {"status_after": found.status, "found_at": timezone.now()}
    return Outcome(state=State.NO_EFFECT, message=f"{message}{_missing(found)}", **facts)


def _name_taken(message: str) -> Outcome:
    now = timezone.now()
    return Outcome(state=State.REFUSED, message=message, field="name", found_at=now)


def _earlier(operation: Operation, session: VendorSession) -> list[Operation]:
    """Recent attempts at the same batch without an answer, or without one yet.

    Only with this key, or with one it has replaced: the person may see these.
    """
    rows = Operation.objects.filter(
        fingerprint__in=session.key.fingerprints,
        batch_digest=name_digest(operation.batch_name),
        project=operation.project,
        verb=Verb.CREATE,
        state__in=State.unanswered(),
        sent_at__gt=timezone.now() - EARLIER,
    )
    return list(rows.exclude(id=operation.id).order_by("created_at"))


def _settings(operation: Operation) -> dict[str, Any]:
    # a priority is sent apart, so a batch with another one is the same batch
    return {name: value for name, value in operation.parameters.items() if name != "priority"}


STEPS = Steps(
    prepare=prepare,
    post=post,
    read=read,
    judge=judge,
    # the POST names no batch that exists, so a 404 is about the project
    not_found=PROJECT_NOT_KNOWN,
    not_found_field="project",
)
