"""From what services give to what endpoints answer: batches, statuses, counts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from batches.api import answers
from batches.models import BatchNote, Operation
from batches.refs import is_addressable, to_ref
from batches.services.batches.facts import BatchFacts
from batches.services.stored.ages import FINAL, Age, age_of
from batches.services.stored.batches import StoredBatch
from batches.templatetags.addresses import page_url


def batch_of(stored: StoredBatch, *, key_ref: str, now: datetime) -> answers.Batch:
    facts = stored.facts
    return answers.Batch(
        name=facts.name,
        ref=ref_or_none(facts.name),
        page=page_of(facts.name, key_ref),
        project=facts.project,
        created_at=facts.created_at,
        status=status_of(facts, now),
        tasks=tasks_of(facts, now),
        grew_at=facts.grew_at,
        seen_at=facts.seen_at,
        absent_at=facts.absent_at,
        priority=_priority_of(stored.priority),
        note=_note_of(stored.note),
    )


def status_of(facts: BatchFacts, now: datetime) -> answers.Status:
    return answers.Status(value=facts.status, **_aged(_age(facts, facts.status_at, now)))


def tasks_of(facts: BatchFacts, now: datetime) -> answers.TaskCounts:
    counts, is_known = facts.counts, facts.counts.total is not None
    return answers.TaskCounts(
        counts=counts.as_dict() if is_known else None,
        total=counts.total,
        total_is_at_least=not is_known or counts.is_at_least,
        settled=counts.settled if is_known else None,
        **_aged(_age(facts, facts.counts_at, now)),
    )


def _age(facts: BatchFacts, as_of: datetime | None, now: datetime) -> Age:
    """Of a batch that ended nothing changes; of one that Refonte no longer knows, all may have."""
    is_final = facts.status in FINAL and facts.absent_at is None
    return age_of(as_of, now=now, is_final=is_final)


def _aged(age: Age) -> Mapping[str, Any]:
    return {"as_of": age.as_of, "age_seconds": age.seconds, "is_stale": age.is_stale}


def _priority_of(operation: Operation | None) -> answers.SentPriority | None:
    value = operation and operation.parameters.get("priority")
    if operation is None or not isinstance(value, int):
        return None
    return answers.SentPriority(value=value, state=operation.state, sent_at=operation.sent_at)


def _note_of(note: BatchNote | None) -> answers.Note | None:
    if note is None:
        return None
    return answers.Note(
        due_at=note.due_at,
        owner=note.owner.get_username() if note.owner else None,
        text=note.text,
        changed_at=note.changed_at,
    )


def ref_or_none(name: str) -> str | None:
    """The batch in addresses; None for a name that no address can carry."""
    return to_ref(name) if is_addressable(name) else None


def page_of(name: str, key_ref: str) -> str | None:
    """The address of the batch in the console, likewise."""
    return page_url("batches:detail", name, key=key_ref) if is_addressable(name) else None
