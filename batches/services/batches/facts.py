"""The facts of one batch, each with its own age: the one place that decides what is newest.

Lists, polls, search, the page of a batch and exports take them from `join_facts`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batches.models import SeenBatch
from batches.refonte import Counts
from batches.services.batches.progress import Progress
from batches.services.observations.sighting import Sighting

Answer = tuple[datetime | None, Sighting]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFacts:
    """What is known of a batch. A fact that nobody told is None, and its age too.

    status_at, counts_at: when an answer last told them. counts_at with empty counts: that answer
        told none.
    seen_at: when an answer last showed the batch. absent_at: when Refonte said after that that
        this key knows no such batch.
    grew_at: when its total was last seen to grow.
    """

    name: str
    project: str | None = None
    created_at: datetime | None = None
    callback: str | None = None
    metadata: Mapping[str, Any] | None = None
    status: str | None = None
    status_at: datetime | None = None
    counts: Counts = field(default_factory=Counts)
    counts_at: datetime | None = None
    seen_at: datetime | None = None
    absent_at: datetime | None = None
    grew_at: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether any answer ever showed it."""
        return self.seen_at is not None

    def progress(self, page_at: datetime | None, *, tells_counts: bool) -> Progress:
        """For a page that is as old as `page_at`; the counts' own age only where that differs.

        tells_counts: the page's own answers do. What another page read a moment later goes without
            its age then: it would come and go with each look, and the page claims no more than it
            knows.
        """
        at = self.counts_at
        is_covered = at == page_at or bool(tells_counts and at and page_at and at > page_at)
        return Progress(
            counts=self.counts,
            status=self.status,
            as_of=None if is_covered else at,
            is_read=at is not None,
        )


def join_facts(name: str, *, answers: Iterable[Answer] = (), seen: SeenBatch | None) -> BatchFacts:
    """For each fact the newest answer that says something.

    answers: what is at hand of this batch, each with the time of its answer; without one it is
        passed over. seen: the remembered row, which tells each fact with its own age.
    """
    told = [(at, sighting) for at, sighting in answers if at is not None]
    told.sort(key=lambda one: one[0], reverse=True)
    status_at, status = _newest_status(told, seen)
    counts_at, counts = _newest_counts(told, seen)
    seen_at = max([at for at, _ in told] + ([seen.seen_at] if seen else []), default=None)
    absent_at = seen.absent_at if seen else None
    return BatchFacts(
        name=name,
        project=_lasting(told, seen, "project"),
        created_at=_lasting(told, seen, "created_at"),
        callback=_first(told, "callback"),
        metadata=_first(told, "metadata"),
        status=status,
        status_at=status_at,
        counts=counts,
        counts_at=counts_at,
        seen_at=seen_at,
        absent_at=absent_at if absent_at and seen_at and absent_at > seen_at else None,
        grew_at=seen.grew_at if seen else None,
    )


def _newest_status(
    told: list[tuple[datetime, Sighting]], seen: SeenBatch | None
) -> tuple[datetime | None, str | None]:
    at, status = next(((at, s.status) for at, s in told if s.status), (None, None))
    if seen and seen.status and _is_as_new(seen.status_at, at):
        return seen.status_at, seen.status
    return at, status


def _newest_counts(
    told: list[tuple[datetime, Sighting]], seen: SeenBatch | None
) -> tuple[datetime | None, Counts]:
    """An answer that tells no counts says nothing against older ones; it only ends "not read".
    Nor does one that tells nothing but sums of its own.
    """
    given = [(at, sighting.counts) for at, sighting in told if sighting.counts is not None]
    full = next(((at, counts) for at, counts in given if not counts.is_empty), None)
    known = Counts.parse(seen.counts) if seen and seen.counts is not None else Counts()
    if seen and not known.is_empty and _is_as_new(seen.counts_at, full and full[0]):
        return seen.counts_at, known
    if full:
        return full
    newest = next(iter(given), None)
    if seen and seen.counts_at and _is_as_new(seen.counts_at, newest and newest[0]):
        return seen.counts_at, known
    return newest or (None, Counts())


def _is_as_new(remembered: datetime | None, told: datetime | None) -> bool:
    """What was told in the same moment was recorded last as it stands."""
    return told is None or (remembered is not None and remembered >= told)


def _lasting(told: list[tuple[datetime, Sighting]], seen: SeenBatch | None, fact: str) -> Any:
    """What hardly ever changes has no age of its own: the row's is when it was last seen."""
    if seen is None or getattr(seen, fact) is None:
        return _first(told, fact)
    return _first([one for one in told if one[0] > seen.seen_at], fact) or getattr(seen, fact)


def _first(told: list[tuple[datetime, Sighting]], fact: str) -> Any:
    return next((value for _, s in told if (value := getattr(s, fact)) is not None), None)
