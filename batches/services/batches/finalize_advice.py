"""What a person should know about a batch before finalizing it, which cannot be undone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from batches.refonte import BatchStatus, Counts, Outcome
from batches.services.batches.facts import BatchFacts, join_facts
from batches.services.batches.progress import Progress
from batches.services.clock import is_older
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting
from batches.services.operations.evidence import NOT_KNOWN
from batches.services.readings.queries import status_query
from batches.services.readings.read import last_known, read
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline

# For so long after its total grew, more tasks are expected to come.
STILL_GROWING = timedelta(minutes=10)
# Failures that are answers: after them, earlier counts are not valid any more.
ANSWERS = frozenset({Outcome.NOT_FOUND, Outcome.REJECTED, Outcome.KEY_REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalizeAdvice:
    """What is known of a batch before it is finalized.

    total_text: the number of its tasks, or "unknown".
    as_of: when `total_text` was read, where it could not be read again since.
    grew_at: when the total was last seen to grow.
    why: the reason to wait; empty where there is none.
    """

    status: str | None
    total_text: str
    as_of: datetime | None = None
    grew_at: datetime | None
    why: str

    @property
    def is_early(self) -> bool:
        return bool(self.why)


def advise_finalize(*, key: KeyHandle, name: str) -> FinalizeAdvice:
    """Read the counts with one call, and decide whether it is too early."""
    reading = read(
        key=key,
        query=status_query(name),
        kind=Kind.PAGE,
        deadline=new_deadline(),
    )
    return _advice(reading, _facts(key, name, reading))


def recall_advice(*, key: KeyHandle, name: str) -> FinalizeAdvice:
    """The same from the cache, without a call."""
    reading = last_known(key=key, query=status_query(name))
    return _advice(reading, _facts(key, name, reading))


def _facts(key: KeyHandle, name: str, reading: Reading[BatchStatus]) -> BatchFacts:
    # a refused key shows nothing that was recorded with it
    if key.is_refused or (reading.failure and reading.failure.outcome == Outcome.KEY_REFUSED):
        return BatchFacts(name=name)
    seen = reading.recorded or find_seen(fingerprint=key.fingerprint, names=[name])
    answers = [(reading.as_of, Sighting.of_status(name, reading.data))] if reading.data else []
    return join_facts(name, answers=answers, seen=seen.get(name))


def _advice(reading: Reading[BatchStatus], facts: BatchFacts) -> FinalizeAdvice:
    # tasks may have come since: no warning or its absence can rely on such counts
    if reading.as_of is None or reading.is_stale or _is_old(reading.as_of):
        was, as_of = _last_total(reading, facts)
        return FinalizeAdvice(
            status=facts.status,
            total_text=was,
            as_of=as_of,
            grew_at=facts.grew_at,
            why=_why_unknown(reading, as_of),
        )
    # this answer had no counts: older ones are not what the batch contains now
    is_given = facts.counts_at is not None and facts.counts_at >= reading.as_of
    progress = Progress(counts=facts.counts if is_given else Counts(), status=facts.status)
    return FinalizeAdvice(
        status=facts.status,
        total_text=progress.total_text,
        grew_at=facts.grew_at,
        why=_why_wait(progress, facts.grew_at),
    )


def _is_old(moment: datetime) -> bool:
    return is_older(moment, now=timezone.now(), than=STILL_GROWING)


def _last_total(reading: Reading[BatchStatus], facts: BatchFacts) -> tuple[str, datetime | None]:
    """The number of tasks as last read, and when; the page behind the dialog shows the same."""
    is_out_of_reach = reading.failure and reading.failure.outcome not in ANSWERS
    if not is_out_of_reach:
        return "unknown", None
    total_text = Progress(counts=facts.counts, status=facts.status).total_text
    return total_text, None if total_text == "unknown" else facts.counts_at


def _why_unknown(reading: Reading[BatchStatus], as_of: datetime | None) -> str:
    if reading.failure and reading.failure.outcome == Outcome.NOT_FOUND:
        return NOT_KNOWN
    if as_of:
        return "How many there are now is not known."
    return "How many tasks it holds could not be read just now."


def _why_wait(progress: Progress, grew_at: datetime | None) -> str:
    total = progress.counts.total
    if total is None:
        return "Refonte does not say how many tasks it holds."
    if total == 0:
        return "It holds no tasks yet."
    if grew_at and not is_older(grew_at, now=timezone.now(), than=STILL_GROWING):
        return "Tasks are still arriving."
    return ""
