"""The only module that changes recorded operations. Each step is one short transaction.

A settled operation is sealed in the transaction that settles it, and changes no more. The seal
comes last there: until the commit no other operation can be settled.
"""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services import clock
from batches.services.operations.outcomes import Outcome
from batches.services.operations.steps import Ready
from batches.services.seals.chain import seal_operation
from batches.services.transactions import repeatable_transaction

# From one step to the next: a longer `Retry-After` of Refonte is not followed.
LONGEST_WAIT = timedelta(minutes=5)
# Written where they are not None; the rest of an outcome is written in any case.
OPTIONAL_FIELDS = {field.name for field in fields(Outcome)} - {"state", "message", "wait"}


def lease_length() -> timedelta:
    # longer than any deadline: while a step is under way, nobody else takes the row
    return timedelta(seconds=settings.REFONTE_TIMEOUT + 20)


def acquire_lease(operation: Operation) -> bool:
    """Take an open operation that is due; False where another worker has it.

    Refreshes `operation` in both cases.
    """
    return _acquire(operation, due(timezone.now()))


def acquire_waiting(operation: Operation) -> bool:
    """Take an operation that waits, due or not; False where a worker is just sending it."""
    return _acquire(
        operation, Operation.objects.filter(is_free(timezone.now()), state=State.WAITING)
    )


def _acquire(operation: Operation, rows: QuerySet[Operation]) -> bool:
    # one statement, so that of two workers only one gets it
    acquired = rows.filter(id=operation.id).update(leased_until=timezone.now() + lease_length())
    operation.refresh_from_db()
    return bool(acquired)


def due(now: datetime) -> QuerySet[Operation]:
    """Open operations without a lease whose next step is to be taken."""
    is_due = clock.passed("next_check_at", now=now, at_most=LONGEST_WAIT)
    return Operation.objects.filter(is_free(now), is_due, state__in=State.open_states())


def is_free(now: datetime) -> Q:
    """Of rows without a lease, or whose lease has ended."""
    return clock.passed("leased_until", now=now, at_most=lease_length())


def is_leased(operation: Operation) -> bool:
    """Whether a worker had it when the row was read."""
    now, longest = timezone.now(), lease_length()
    return not clock.has_passed(operation.leased_until, now=now, at_most=longest)


def mark_sending(operation: Operation, ready: Ready) -> bool:
    """Record that the POST comes next. False where the lease is lost, so it must not be sent."""
    # the answer to an earlier POST is no evidence of what this one does
    changes: dict[str, Any] = {
        "state": State.SENDING,
        "sent_at": timezone.now(),
        "answer": "",
        "answer_message": "",
        "http_status": None,
        "request_id": "",
        "next_check_at": None,
        "checks": 0,
    }
    # what was read before the first POST is kept: a batch that shows later may be of that one
    if operation.precheck_at is None:
        changes |= {"precheck_at": ready.precheck_at, "vendor_date": ready.vendor_date}
    if ready.status_before:
        changes["status_before"] = _fitting("status_before", ready.status_before)
    return _change(operation, changes, "About to send it to Refonte.", from_state=State.WAITING)


def write_outcome(operation: Operation, outcome: Outcome) -> bool:
    """Record the outcome and end the lease; of a create that succeeded, its first priority too."""
    now = timezone.now()
    is_open = outcome.state in State.open_states()
    changes: dict[str, Any] = {
        "state": outcome.state,
        "message": _fitting("message", outcome.message),
        "settled_at": None if is_open else now,
        "next_check_at": now + timedelta(seconds=outcome.wait or 1) if is_open else None,
        "checks": operation.checks,
        "leased_until": None,
    }
    for name in OPTIONAL_FIELDS:
        if (value := getattr(outcome, name)) is not None:
            changes[name] = _fitting(name, value)
    # the priority is recorded with the success: a kill in between must not lose it
    with transaction.atomic():
        written = _change(operation, changes, outcome.message, from_state=operation.state)
        if written and _wants_first_priority(operation):
            record_first_priority(operation)
        if written and not is_open:
            seal_operation(operation_id=operation.id)
    return written


def put_off(operation: Operation, *, until: datetime) -> None:
    """End the lease without a step: none can be taken before that time."""
    leased = Operation.objects.filter(id=operation.id, leased_until=operation.leased_until)
    leased.update(next_check_at=until, leased_until=None)


def add_event(operation: Operation, message: str) -> None:
    now, message = timezone.now(), _fitting("message", message)
    operation.events.create(at=now, state=operation.state, message=message)


def first_priority_of(*, operation: Operation) -> Operation | None:
    """The operation that sends a new batch its first priority; None before the create succeeded."""
    if not _wants_first_priority(operation):
        return None
    return operation.follow_ups.filter(verb=Verb.PRIORITIZE).first()


def offered_priority_of(*, operation: Operation) -> int | None:
    """The first priority of a batch that may be another's: only a person can decide to send it."""
    is_there = operation.state in (State.UNCONFIRMED, State.NO_EFFECT) and operation.found_at
    if operation.verb != Verb.CREATE or not is_there:
        return None
    priority: int | None = operation.parameters.get("priority")
    return priority


def record_first_priority(operation: Operation) -> None:
    """Record the priority that follows a create, to be sent by whichever worker finds it."""
    if operation.follow_ups.filter(verb=Verb.PRIORITIZE).exists():
        return
    follow_up = Operation.objects.create(
        form_id=uuid4(),  # of no form; that there is only one is kept by `parent`
        parent=operation,
        bulk_id=operation.bulk_id,
        user_id=operation.user_id,
        username=operation.username,
        key_id=operation.key_id,
        key_label=operation.key_label,
        key_mode=operation.key_mode,
        fingerprint=operation.fingerprint,
        batch_name=operation.batch_name,
        project=operation.project,
        verb=Verb.PRIORITIZE,
        parameters={"priority": operation.parameters["priority"]},
        state=State.WAITING,
        message="To be sent now that the batch exists.",
        # asked for with the batch, however late that was found: a priority set since is newer
        created_at=operation.created_at + timedelta(microseconds=1),
        next_check_at=timezone.now(),
    )
    add_event(follow_up, f"{operation.username} asked for it with the new batch.")


def _change(
    operation: Operation, changes: dict[str, Any], message: str, *, from_state: str
) -> bool:
    # by the lease as it was taken: a process that paused for too long changes nothing
    leased = Operation.objects.filter(
        id=operation.id, state=from_state, leased_until=operation.leased_until
    )
    has_news = (operation.state, operation.message) != (changes["state"], message)

    @repeatable_transaction
    def write() -> bool:
        if not leased.update(**changes):
            return False
        for name, value in changes.items():
            setattr(operation, name, value)
        if has_news:
            add_event(operation, message)
        return True

    return write()


def _wants_first_priority(operation: Operation) -> bool:
    has_succeeded = (operation.verb, operation.state) == (Verb.CREATE, State.SUCCEEDED)
    return has_succeeded and "priority" in operation.parameters


def _fitting(field: str, value: Any) -> Any:
    """A text cut to the length of its column; any other value as it is."""
    # Refonte's messages have any length, and PostgreSQL refuses what is too long
    if not isinstance(value, str):
        return value
    return value[: getattr(Operation._meta.get_field(field), "max_length", None)]
