"""Creating a batch: sent once, never blindly again. A lost answer is settled by reading the name.

The vendor answers a repeated create with "name taken", even where it was ours that took it. So the
name is read first: what is found later, made since that reading and in our project, is ours.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.models.names import name_digest
from batches.refonte import IN_PROGRESS, STAGING, Batch, Conflict, NotFound, RefonteError
from batches.services.operations import outcomes
from batches.services.operations.ledger import Outcome
from batches.services.operations.line import Line
from batches.services.operations.steps import Ready, Steps

CLOCK_SLACK = timedelta(seconds=1)  # the vendor's Date has whole seconds
EARLIER = timedelta(hours=1)  # an older attempt says little of who made a batch since


def prepare(operation: Operation, line: Line) -> Ready | Outcome:
    """Ask whether the name exists, and keep the vendor's clock of its "no"."""
    try:
        found = line.read(operation.batch_name)
    except NotFound as absent:
        return Ready(vendor_date=absent.vendor_date)
    except RefonteError as error:
        return outcomes.before_sending(error)
    earlier = _earlier_attempts(operation, line)
    if earlier and _is_ours(operation, found, since=earlier[0]):
        return _found_of_earlier(operation, found, earlier)
    return Outcome(state=State.REFUSED, words=_taken_words(found), field="name")


def send(operation: Operation, line: Line) -> Outcome:
    """The POST. "Name taken" after an attempt of ours without an answer may be that attempt."""
    try:
        batch = line.create(operation)
    except Conflict as error:
        return _settle_conflict(operation, line, error)
    except NotFound as error:
        words = f"Refonte does not know the project with this key. Refonte said: {error.words}"
        return Outcome(state=State.REFUSED, words=words, http_status=404, field="project")
    except RefonteError as error:
        return outcomes.after_sending(error)
    return Outcome(
        state=State.SUCCEEDED,
        words=f"Created. {_status_words(batch)}".rstrip(),
        http_status=200,
        status_after=batch.status,
    )


def _status_words(batch: Batch) -> str:
    """What its kind of project does with a new batch, which may surprise."""
    if batch.status == IN_PROGRESS:
        return "Its project starts the work by itself: it needs no finalizing."
    if batch.status == STAGING:
        return "It waits in staging for its tasks, and then to be finalized."
    return ""


def look(operation: Operation, line: Line) -> Outcome:
    """Is it there, and is it ours? The vendor may be late in showing it."""
    try:
        found = line.read(operation.batch_name)
    except NotFound:
        return _absent(operation)
    except RefonteError as error:
        return outcomes.look_failed(operation, error)
    if _is_ours(operation, found, since=operation):
        words = f"Created: its answer was lost, and reading it showed it is there.{_missing(found)}"
        return Outcome(state=State.SUCCEEDED, words=words, status_after=found.status)
    return Outcome(state=State.REFUSED, words=f"This one is somebody else's. {_taken_words(found)}")


def _absent(operation: Operation) -> Outcome:
    if not outcomes.is_last_look(operation):
        return outcomes.still_checking(operation)
    if operation.http_status == 409:
        return Outcome(state=State.REFUSED, words=_conflict_words(""))
    words = "It was not created: Refonte still does not know it. You may send it again."
    return Outcome(state=State.NOT_DONE, words=words)


def _settle_conflict(operation: Operation, line: Line, error: Conflict) -> Outcome:
    earlier = _earlier_attempts(operation, line)
    refused = Outcome(
        state=State.REFUSED, words=_conflict_words(error.words), http_status=409, field="name"
    )
    if not earlier:
        return refused
    try:
        found = line.read(operation.batch_name)
    except RefonteError:
        if _with_other_settings(operation, earlier):
            return refused
        return Outcome(
            state=State.CHECKING,
            words=outcomes.UNKNOWN,
            wait=outcomes.LOOK_AFTER[0],
            http_status=409,
            vendor_date=earlier[0].vendor_date,
        )
    if _is_ours(operation, found, since=earlier[0]):
        return _found_of_earlier(operation, found, earlier)
    return Outcome(state=State.REFUSED, words=_taken_words(found), http_status=409, field="name")


def _earlier_attempts(operation: Operation, line: Line) -> list[Operation]:
    """Recent attempts at the same batch whose answers never came, and not under way now.

    With this key, or with one that it has replaced.
    """
    now = timezone.now()
    return list(
        Operation.objects.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lt=now),
            fingerprint__in=line.key.fingerprints,
            batch_digest=name_digest(operation.batch_name),
            project=operation.project,
            verb=Verb.CREATE,
            state__in=State.unanswered(),
            sent_at__gt=now - EARLIER,
        )
        .exclude(id=operation.id)
        .order_by("created_at")
    )


def _with_other_settings(operation: Operation, earlier: list[Operation]) -> Operation | None:
    """An attempt that would have made another batch; a priority is sent apart, so it may differ."""
    wanted = _settings(operation)
    return next((attempt for attempt in earlier if _settings(attempt) != wanted), None)


def _settings(operation: Operation) -> dict[str, Any]:
    return {name: value for name, value in operation.parameters.items() if name != "priority"}


def _is_ours(operation: Operation, found: Batch, *, since: Operation) -> bool:
    is_project = found.project in (None, operation.project)
    # a batch without a time was absent when we read, and is there now
    if found.created_at is None or since.vendor_date is None:
        return is_project
    return is_project and found.created_at >= since.vendor_date - CLOCK_SLACK


def _found_of_earlier(operation: Operation, found: Batch, earlier: list[Operation]) -> Outcome:
    if other := _with_other_settings(operation, earlier):
        return _made_otherwise(other)
    words = (
        f"It is there already: {earlier[0].username}'s earlier attempt got through, although its "
        f"answer was lost. Nothing was created twice.{_missing(found)}"
    )
    return Outcome(state=State.SUCCEEDED, words=words, status_after=found.status)


def _made_otherwise(other: Operation) -> Outcome:
    words = (
        f"The name is taken: {other.username}'s earlier attempt, which had other settings than "
        "these, got through although its answer was lost. Choose another name for these."
    )
    return Outcome(state=State.REFUSED, words=words, field="name")


def _missing(found: Batch) -> str:
    facts = {"its project": found.project, "when it was created": found.created_at}
    missing = [words for words, value in facts.items() if value is None]
    return f" Refonte did not say {' nor '.join(missing)}." if missing else ""


def _taken_words(found: Batch) -> str:
    where = f" in the project {found.project}" if found.project else ""
    return f"The name is taken{where}. Choose another name."


def _conflict_words(vendor_words: str) -> str:
    said = f" Refonte said: {vendor_words}" if vendor_words else ""
    return f"The name is taken, perhaps in another project. Choose another name.{said}"


STEPS = Steps(prepare=prepare, send=send, look=look)
