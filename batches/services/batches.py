"""What a person should know about a batch before a one-way step."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from batches.models import SeenBatch
from batches.refonte import BatchStatus, Counts, Outcome
from batches.services import vendor
from batches.services.clock import is_older
from batches.services.operations.evidence import NOT_KNOWN
from batches.services.page_key import PageKey
from batches.services.progress import Progress
from batches.services.readings import Reading, last_known, read, status_query
from batches.services.seen import Sighting, find_seen, record

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


def advise_finalize(*, key: PageKey, name: str) -> FinalizeAdvice:
    """Read the counts once, and say whether it looks too early: finalizing cannot be undone."""
    reading = read(
        key=key,
        query=status_query(name),
        kind=vendor.Kind.PAGE,
        deadline=vendor.new_deadline(),
    )
    if reading.is_news and reading.data and reading.as_of:
        sighting = Sighting.of_status(name, reading.data)
        seen = record(key=key, sightings=[sighting], at=reading.as_of).get(name)
    else:
        seen = _seen(key, name, reading)
    return _advice(reading, seen)


def recall_advice(*, key: PageKey, name: str) -> FinalizeAdvice:
    """The same from what was read lately, asking nobody: what is not known any more is unknown."""
    reading = last_known(key=key, query=status_query(name))
    return _advice(reading, _seen(key, name, reading))


def _seen(key: PageKey, name: str, reading: Reading[BatchStatus]) -> SeenBatch | None:
    """A refused key shows nothing any more that was seen with it."""
    if key.is_refused or (reading.failure and reading.failure.outcome == Outcome.KEY_REFUSED):
        return None
    return find_seen(key=key, names=[name]).get(name)


def _advice(reading: Reading[BatchStatus], seen: SeenBatch | None) -> FinalizeAdvice:
    grew_at = seen.grew_at if seen else None
    if reading.data is None or reading.is_stale or _is_old(reading):
        was, told_at = _last_told(reading, seen)
        return FinalizeAdvice(
            status=seen.status if seen else None,
            total_text=was,
            told_at=told_at,
            grew_at=grew_at,
            why=_why_unknown(reading, told_at),
        )
    progress = Progress(counts=reading.data.counts, status=reading.data.status)
    return FinalizeAdvice(
        status=reading.data.status,
        total_text=progress.total_text,
        grew_at=grew_at,
        why=_why_wait(progress, grew_at),
    )


def _is_old(reading: Reading[BatchStatus]) -> bool:
    return reading.as_of is None or is_older(reading.as_of, now=timezone.now(), than=STILL_GROWING)


def _last_told(
    reading: Reading[BatchStatus], seen: SeenBatch | None
) -> tuple[str, datetime | None]:
    """How many tasks it held when last seen, as the page behind the dialog shows them."""
    is_out_of_reach = reading.failure and reading.failure.outcome not in ANSWERS
    if not is_out_of_reach or seen is None or seen.counts is None:
        return "unknown", None
    total_text = Progress(counts=Counts.parse(seen.counts), status=seen.status).total_text
    return total_text, None if total_text == "unknown" else seen.counts_at


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
