"""The only writer of operations once they are recorded. Each step is one short transaction.

Every step names the lease it is taken under: who lost it in the meantime changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.models import Operation, OperationEvent, PostAnswer, State, Verb
from batches.services import clock

WORDS_MAX = 600
LONGEST_WAIT = timedelta(minutes=5)  # from one step to the next, as nobody is asked to wait longer
# What an outcome adds to the record, and the most characters of it.
KEPT = {
    "answer": 9,
    "answer_words": WORDS_MAX,
    "http_status": None,
    "status_before": 60,
    "status_after": 60,
    "found_at": None,
    "field": 60,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an operation stands after a step, and the words for it.

    wait: seconds until the next step, where there is one. field: the parameter the words are about.
    found_at: when a batch of the name to create was seen. What is None is left as it was.
    """

    state: State
    words: str
    wait: int | None = None
    answer: PostAnswer | None = None
    answer_words: str | None = None
    http_status: int | None = None
    status_before: str | None = None
    status_after: str | None = None
    found_at: datetime | None = None
    field: str | None = None


def lease_length() -> timedelta:
    """Longer than the deadline of whoever holds it, so that a lease ends only with its holder."""
    return timedelta(seconds=settings.REFONTE_TIMEOUT + 20)


def take_lease(operation: Operation) -> bool:
    """Hold an open operation that is due, alone. Refreshes `operation` in both cases."""
    now = timezone.now()
    lease = now + lease_length()
    taken = due(now).filter(id=operation.id).update(leased_until=lease)
    operation.refresh_from_db()
    return bool(taken)


def hold_waiting(operation: Operation) -> bool:
    """Hold an operation that waits and is not just being sent, due or not."""
    now = timezone.now()
    free = Operation.objects.filter(is_free(now), id=operation.id, state=State.WAITING)
    taken = free.update(leased_until=now + lease_length())
    operation.refresh_from_db()
    return bool(taken)


def due(now: datetime) -> QuerySet[Operation]:
    """Open operations that nobody holds and whose next step is to be taken."""
    is_due = clock.passed("next_check_at", now=now, at_most=LONGEST_WAIT)
    return Operation.objects.filter(is_free(now), is_due, state__in=State.open_states())


def is_free(now: datetime) -> Q:
    """Rows that nobody holds, or whose holder's time is over."""
    return clock.passed("leased_until", now=now, at_most=lease_length())


def is_held(operation: Operation) -> bool:
    """Whether somebody is taking it a step on just now, as the row was when it was read."""
    now, longest = timezone.now(), lease_length()
    return not clock.has_passed(operation.leased_until, now=now, at_most=longest)


def mark_sending(
    operation: Operation,
    *,
    vendor_date: datetime | None,
    status_before: str,
    precheck_at: datetime | None = None,
) -> bool:
    """Say that the next thing is the POST. False where it is no longer ours to send.

    What an earlier POST was answered no longer says how this one ends. What was read before the
    first one stays: that one may be what shows later.
    """
    changes: dict[str, Any] = {
        "state": State.SENDING,
        "sent_at": timezone.now(),
        "answer": "",
        "answer_words": "",
        "http_status": None,
        "next_check_at": None,
        "checks": 0,
    }
    if operation.precheck_at is None:
        changes |= {"precheck_at": precheck_at, "vendor_date": vendor_date}
    if status_before:
        changes["status_before"] = status_before[:60]
    return _change(operation, changes, "About to send it to Refonte.", from_state=State.WAITING)


def write_outcome(operation: Operation, outcome: Outcome) -> bool:
    """Say how it stands now, and let go. A create that succeeded leaves its priority to send."""
    now = timezone.now()
    is_open = outcome.state in State.open_states()
    changes: dict[str, Any] = {
        "state": outcome.state,
        "words": outcome.words[:WORDS_MAX],
        "settled_at": None if is_open else now,
        "next_check_at": now + timedelta(seconds=outcome.wait or 1) if is_open else None,
        "checks": operation.checks,
        "leased_until": None,
    }
    for name, most in KEPT.items():
        if (value := getattr(outcome, name)) is not None:
            changes[name] = value[:most] if isinstance(value, str) else value
    with transaction.atomic():
        written = _change(operation, changes, outcome.words, from_state=operation.state)
        if written and _wants_first_priority(operation):
            leave_first_priority(operation)
    return written


def add_event(operation: Operation, words: str) -> None:
    """One line of the operation's history."""
    OperationEvent.objects.create(
        operation=operation,
        at=timezone.now(),
        state=operation.state,
        words=words[:WORDS_MAX],
    )


def first_priority_of(*, operation: Operation) -> Operation | None:
    """The operation that sends a new batch its first priority, once the create has succeeded."""
    if not _wants_first_priority(operation):
        return None
    return Operation.objects.filter(form_id=first_priority_id(operation.id)).first()


def offered_priority_of(*, operation: Operation) -> int | None:
    """The first priority of a create that is not known to be ours: for a person to send, or not."""
    is_there = operation.state in (State.UNCONFIRMED, State.NO_EFFECT) and operation.found_at
    if operation.verb != Verb.CREATE or not is_there:
        return None
    priority: int | None = operation.parameters.get("priority")
    return priority


def first_priority_id(create_id: UUID) -> UUID:
    """The form's id of the operation that follows a create: of no form, yet only once."""
    return uuid5(create_id, "first priority")


def leave_first_priority(operation: Operation) -> None:
    """Record what follows a create, unless it is there already; to be sent by whoever finds it.

    In the transaction of the success, so that nothing can come between the two. It was asked for
    with the batch, however late that was found: a priority set since is newer.
    """
    form_id = first_priority_id(operation.id)
    if Operation.objects.filter(form_id=form_id).exists():
        return
    follower = Operation.objects.create(
        form_id=form_id,
        user_id=operation.user_id,
        username=operation.username,
        key_id=operation.key_id,
        key_label=operation.key_label,
        key_mode=operation.key_mode,
        fingerprint=operation.fingerprint,
        verb=Verb.PRIORITIZE,
        batch_name=operation.batch_name,
        project=operation.project,
        parameters={"priority": operation.parameters["priority"]},
        state=State.WAITING,
        words="To be sent now that the batch exists.",
        created_at=operation.created_at + timedelta(microseconds=1),  # listed after the batch
        next_check_at=timezone.now(),
    )
    add_event(follower, f"{operation.username} asked for it with the new batch.")


def _change(operation: Operation, changes: dict[str, Any], words: str, *, from_state: str) -> bool:
    held = Operation.objects.filter(
        id=operation.id, state=from_state, leased_until=operation.leased_until
    )
    with transaction.atomic():
        if not held.update(**changes):
            return False
        is_news = (operation.state, operation.words) != (changes["state"], words)
        for name, value in changes.items():
            setattr(operation, name, value)
        if is_news:
            add_event(operation, words)
    return True


def _wants_first_priority(operation: Operation) -> bool:
    has_succeeded = (operation.verb, operation.state) == (Verb.CREATE, State.SUCCEEDED)
    return has_succeeded and "priority" in operation.parameters
