"""What a person should know about a batch before a one-way step."""

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

STILL_GROWING = timedelta(minutes=10)
# Failures that are answers: what was seen before them stands for nothing now.
ANSWERS = frozenset({Outcome.NOT_FOUND, Outcome.REJECTED, Outcome.KEY_REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalizeAdvice:
    """What a batch holds before it is finalized.

    total_text: its tasks, "unknown" where the vendor does not say.
    told_at: when that was, where it could not be read again since.
    grew_at: when more tasks were last seen to have come.
    why: the reason to wait, empty where there is none.
    """

    status: str | None
    total_text: str
    told_at: datetime | None = None
    grew_at: datetime | None
    why: str

    @property
    def is_early(self) -> bool:
        return bool(self.why)


def advise_finalize(*, key: KeyHandle, name: str) -> FinalizeAdvice:
    """Read the counts once, and say whether it looks too early: finalizing cannot be undone."""
    reading = read(
        key=key,
        query=status_query(name),
        kind=Kind.PAGE,
        deadline=new_deadline(),
    )
    return _advice(reading, _facts(key, name, reading))


def recall_advice(*, key: KeyHandle, name: str) -> FinalizeAdvice:
    """The same from what was read lately, asking nobody: what is not known any more is unknown."""
    reading = last_known(key=key, query=status_query(name))
    return _advice(reading, _facts(key, name, reading))


def _facts(key: KeyHandle, name: str, reading: Reading[BatchStatus]) -> BatchFacts:
    """A refused key shows nothing any more that was seen with it."""
    if key.is_refused or (reading.failure and reading.failure.outcome == Outcome.KEY_REFUSED):
        return BatchFacts(name=name)
    seen = reading.recorded or find_seen(fingerprint=key.fingerprint, names=[name])
    answers = [(reading.as_of, Sighting.of_status(name, reading.data))] if reading.data else []
    return join_facts(name, answers=answers, seen=seen.get(name))


def _advice(reading: Reading[BatchStatus], facts: BatchFacts) -> FinalizeAdvice:
    if reading.as_of is None or reading.is_stale or _is_old(reading.as_of):
        was, told_at = _last_told(reading, facts)
        return FinalizeAdvice(
            status=facts.status,
            total_text=was,
            told_at=told_at,
            grew_at=facts.grew_at,
            why=_why_unknown(reading, told_at),
        )
    # counts from before this answer are not what the batch holds now
    is_told = facts.counts_at is not None and facts.counts_at >= reading.as_of
    progress = Progress(counts=facts.counts if is_told else Counts(), status=facts.status)
    return FinalizeAdvice(
        status=facts.status,
        total_text=progress.total_text,
        grew_at=facts.grew_at,
        why=_why_wait(progress, facts.grew_at),
    )


def _is_old(moment: datetime) -> bool:
    return is_older(moment, now=timezone.now(), than=STILL_GROWING)


def _last_told(reading: Reading[BatchStatus], facts: BatchFacts) -> tuple[str, datetime | None]:
    """How many tasks it held when last seen, as the page behind the dialog shows them."""
    is_out_of_reach = reading.failure and reading.failure.outcome not in ANSWERS
    if not is_out_of_reach:
        return "unknown", None
    total_text = Progress(counts=facts.counts, status=facts.status).total_text
    return total_text, None if total_text == "unknown" else facts.counts_at


def _why_unknown(reading: Reading[BatchStatus], told_at: datetime | None) -> str:
    if reading.failure and reading.failure.outcome == Outcome.NOT_FOUND:
        return NOT_KNOWN
    if told_at:
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
