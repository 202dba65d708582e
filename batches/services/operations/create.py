"""Creating a batch: sent once, never blindly again. What the POST did is settled by reading.

The vendor answers a repeated create with "name taken", and a POST that it carried out may be
answered with anything on its way back. So the name is read first: what was absent then and is there
after our own POST, in our project, was made by it, unless another request may have made it.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from batches.models import Operation, PostAnswer, State, Verb
from batches.models.names import name_digest
from batches.refonte import IN_PROGRESS, STAGING, Batch, NotFound, RefonteError
from batches.services.operations import ledger, outcomes
from batches.services.operations.evidence import Evidence, Seen, seen_after, seen_by
from batches.services.operations.ledger import Outcome
from batches.services.operations.others import SOMEBODY
from batches.services.operations.steps import Ready, Steps
from batches.services.operations.vendor_session import Line

CLOCK_SLACK = timedelta(seconds=60)  # who tells a batch's age may have another clock than `Date`
EARLIER = timedelta(hours=1)  # an older attempt says little of who made a batch since

DOUBTFUL = f"The batch has just appeared: created by this request or by {SOMEBODY}."
TAKEN = (
    "Refonte says that the name is taken, perhaps by this very request. "
    "This console keeps checking. Do not send it again."
)
UNDER_WAY = "a request from here that is under way"
FOUND = {
    PostAnswer.UNCLEAR: "Created. The reply was lost, but the batch was found.",
    PostAnswer.THROTTLED: "Created. Refonte asked to wait, but the batch was found.",
}


def prepare(operation: Operation, line: Line) -> Ready | Outcome | Evidence:
    """Ask whether the name exists, and keep the vendor's clock of its "no".

    One that was held after its POST is asked about again: what is there by now may be of that POST.
    """
    now = timezone.now()
    try:
        found = line.read(operation.batch_name)
    except NotFound as absent:
        return Ready(vendor_date=absent.vendor_date, precheck_at=now)
    except RefonteError as error:
        return outcomes.before_sending(operation, error)
    if operation.sent_at is not None:
        return Evidence.recorded(operation, found)
    return _there_before(operation, found, line)


def send(operation: Operation, line: Line) -> Evidence:
    """The POST. Whatever else than the batch it brings, the name is read once more."""
    try:
        batch = line.create(operation)
    except NotFound as error:  # no batch is asked for by its name here, so it is the project
        words = f"Refonte does not know the project with this key. Refonte said: {error.words}"
        evidence = Evidence.of_error(error, _read_after(error, operation, line), words=words)
        return replace(evidence, field="project")
    except RefonteError as error:
        return Evidence.of_error(error, _read_after(error, operation, line))
    return Evidence(answer=PostAnswer.ACCEPTED, http_status=200, seen=batch)


def look(operation: Operation, line: Line) -> Evidence:
    """Is it there? The vendor may be late in showing it."""
    return Evidence.recorded(operation, seen_by(partial(line.read, operation.batch_name)))


def judge(operation: Operation, evidence: Evidence, others: tuple[Operation, ...]) -> Outcome:
    """What became of it, by the answer of the POST and a read. Asks nobody."""
    if isinstance(evidence.seen, Batch):
        return _judge_found(operation, evidence, evidence.seen, others)
    if isinstance(evidence.seen, NotFound):
        return _judge_absent(operation, evidence)
    return outcomes.unread(operation, evidence, words=_open_words(evidence))


def _judge_found(
    operation: Operation, evidence: Evidence, found: Batch, others: tuple[Operation, ...]
) -> Outcome:
    facts: dict[str, Any] = {"status_after": found.status, "found_at": timezone.now()}
    if evidence.answer is PostAnswer.ACCEPTED:
        # no two requests are told that they made one batch, whatever the vendor answers to both
        if any(other.state == State.SUCCEEDED for other in others):
            return Outcome(state=State.UNCONFIRMED, words=DOUBTFUL, **facts)
        words = f"Created. {_status_words(found)}".rstrip()
        return Outcome(state=State.SUCCEEDED, words=words, **facts)
    if why := _why_not_ours(operation, found):
        words = f"This batch was created by somebody else: {why}. Yours was not created."
        return Outcome(state=State.REFUSED, words=words, field="name", found_at=facts["found_at"])
    if others or evidence.answer not in FOUND:
        words = f"{DOUBTFUL}{_missing(found)}"
        return Outcome(state=State.UNCONFIRMED, words=words, **facts)
    words = f"{FOUND[evidence.answer]}{_missing(found)}"
    return Outcome(state=State.SUCCEEDED, words=words, **facts)


def _judge_absent(operation: Operation, evidence: Evidence) -> Outcome:
    if evidence.answer is PostAnswer.THROTTLED:
        return outcomes.held(evidence)
    if evidence.answer is PostAnswer.REFUSED:
        return outcomes.refused(evidence)
    if not outcomes.is_last_look(operation):
        return outcomes.still_checking(operation, words=_open_words(evidence))
    words = "It was not created: Refonte still does not know it. You may send it again."
    return Outcome(state=State.NOT_DONE, words=words)


def _open_words(evidence: Evidence) -> str:
    if evidence.answer is PostAnswer.TAKEN:
        return TAKEN
    return f"{evidence.words} {outcomes.TO_BE_READ}" if evidence.words else outcomes.UNKNOWN


def _read_after(error: RefonteError, operation: Operation, line: Line) -> Seen | None:
    return seen_after(error, line, partial(line.read, operation.batch_name))


def _status_words(batch: Batch) -> str:
    """What its kind of project does with a new batch, which may surprise."""
    if batch.status == IN_PROGRESS:
        return "Its project starts work by itself: no finalizing needed."
    if batch.status == STAGING:
        return "It is in staging: add its tasks, then finalize it."
    return ""


def _why_not_ours(operation: Operation, found: Batch) -> str:
    """Why the batch cannot be of this request; empty where it can.

    One without a time was absent when we read, and is there now.
    """
    if found.project not in (None, operation.project):
        return f"it is in the project {found.project}"
    since = operation.vendor_date
    if found.created_at and since and found.created_at < since - CLOCK_SLACK:
        return "it was created before this request"
    return ""


def _missing(found: Batch) -> str:
    facts = {"its project": found.project, "when it was created": found.created_at}
    missing = [words for words, value in facts.items() if value is None]
    return f" Refonte did not say {' nor '.join(missing)}." if missing else ""


def _there_before(operation: Operation, found: Batch, line: Line) -> Outcome:
    """The name exists, and nothing was sent. An earlier request from here may have made it."""
    seen: dict[str, Any] = {"found_at": timezone.now()}
    earlier = [one for one in _earlier(operation, line) if not _why_not_ours(one, found)]
    if not earlier:
        return Outcome(state=State.REFUSED, words=_taken_words(found), field="name", **seen)
    if any(ledger.is_held(one) for one in earlier):
        words = f"The name is taken, perhaps by {UNDER_WAY}. Nothing was sent now."
        return Outcome(state=State.REFUSED, words=words, field="name", **seen)
    by = "an earlier request from here, whose reply was lost"
    if any(_settings(one) != _settings(operation) for one in earlier):
        words = (
            f"The name is taken, perhaps by {by} and which had other settings. Nothing was sent."
        )
        return Outcome(state=State.REFUSED, words=words, field="name", **seen)
    words = (
        f"The batch exists already, perhaps created by {by}. Nothing was sent now.{_missing(found)}"
    )
    return Outcome(state=State.NO_EFFECT, words=words, status_after=found.status, **seen)


def _earlier(operation: Operation, line: Line) -> list[Operation]:
    """Recent attempts at the same batch whose answers never came, or not yet.

    With this key, or with one that it has replaced: what is told of them may be known to who asks.
    """
    now = timezone.now()
    rows = Operation.objects.filter(
        fingerprint__in=line.key.fingerprints,
        batch_digest=name_digest(operation.batch_name),
        project=operation.project,
        verb=Verb.CREATE,
        state__in=State.unanswered(),
        sent_at__gt=now - EARLIER,
    )
    return list(rows.exclude(id=operation.id).order_by("created_at"))


def _settings(operation: Operation) -> dict[str, Any]:
    """What makes another batch of it; a priority is sent apart, so it may differ."""
    return {name: value for name, value in operation.parameters.items() if name != "priority"}


def _taken_words(found: Batch) -> str:
    where = f" in the project {found.project}" if found.project else ""
    return f"The name is taken by a batch{where}. Nothing was sent. Choose another name."


STEPS = Steps(prepare=prepare, send=send, look=look, judge=judge)
