"""The facts of one batch, each with its own age. Only this module decides which is newest.

Lists, polls, search, the page of a batch and exports use `join_facts`.
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
    """What is known of a batch. A fact that no answer contained is None, and its age too.

    status_at, counts_at: when an answer last contained them. counts_at with empty counts: that
        answer had no counts.
    seen_at: when an answer last contained the batch. absent_at: when Refonte answered after that
        that it has no such batch for this key.
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
        """Whether any answer ever contained it."""
        return self.seen_at is not None

    def progress(self, page_at: datetime | None, *, has_counts: bool) -> Progress:
        """For a page read at `page_at`; with the counts' own age only where that differs.

        has_counts: the page's own answers contain counts.
        """
        at = self.counts_at
        # counts that another page read a moment later: their age would appear and vanish with polls
        is_covered = at == page_at or bool(has_counts and at and page_at and at > page_at)
        return Progress(
            counts=self.counts,
            status=self.status,
            as_of=None if is_covered else at,
            is_read=at is not None,
        )


def join_facts(name: str, *, answers: Iterable[Answer] = (), seen: SeenBatch | None) -> BatchFacts:
    """Each fact from the newest answer that contains it.

    answers: of this request, with their times; an answer without a time is ignored.
    seen: the recorded row, which has an age for each fact.
    """
    held = [(at, sighting) for at, sighting in answers if at is not None]
    held.sort(key=lambda one: one[0], reverse=True)
    status_at, status = _newest_status(held, seen)
    counts_at, counts = _newest_counts(held, seen)
    seen_at = max([at for at, _ in held] + ([seen.seen_at] if seen else []), default=None)
    absent_at = seen.absent_at if seen else None
    return BatchFacts(
        name=name,
        project=_lasting(held, seen, "project"),
        created_at=_lasting(held, seen, "created_at"),
        callback=_first(held, "callback"),
        metadata=_first(held, "metadata"),
        status=status,
        status_at=status_at,
        counts=counts,
        counts_at=counts_at,
        seen_at=seen_at,
        # an answer that showed the batch later proves that it is there
        absent_at=absent_at if absent_at and seen_at and absent_at > seen_at else None,
        grew_at=seen.grew_at if seen else None,
    )


def _newest_status(
    held: list[tuple[datetime, Sighting]], seen: SeenBatch | None
) -> tuple[datetime | None, str | None]:
    at, status = next(((at, s.status) for at, s in held if s.status), (None, None))
    if seen and seen.status and _is_as_new(seen.status_at, at):
        return seen.status_at, seen.status
    return at, status


def _newest_counts(
    held: list[tuple[datetime, Sighting]], seen: SeenBatch | None
) -> tuple[datetime | None, Counts]:
    """The newest counts and their time."""
    given = [(at, sighting.counts) for at, sighting in held if sighting.counts is not None]
    full = next(((at, counts) for at, counts in given if not counts.is_empty), None)
    known = Counts.parse(seen.counts) if seen and seen.counts is not None else Counts()
    if seen and not known.is_empty and _is_as_new(seen.counts_at, full and full[0]):
        return seen.counts_at, known
    if full:
        return full
    # no counts anywhere: the time alone distinguishes "has no counts" from "not read"
    newest = next(iter(given), None)
    if seen and seen.counts_at and _is_as_new(seen.counts_at, newest and newest[0]):
        return seen.counts_at, known
    return newest or (None, Counts())


def _is_as_new(remembered: datetime | None, held: datetime | None) -> bool:
    """Whether the recorded fact is at least as new as the one of this request's answers."""
    # at the same time the record wins, as all answers of that time were merged into it
    return held is None or (remembered is not None and remembered >= held)


def _lasting(held: list[tuple[datetime, Sighting]], seen: SeenBatch | None, fact: str) -> Any:
    """Project or creation time: they hardly ever change, so their age is that of the row."""
    if seen is None or getattr(seen, fact) is None:
        return _first(held, fact)
    return _first([one for one in held if one[0] > seen.seen_at], fact) or getattr(seen, fact)


def _first(held: list[tuple[datetime, Sighting]], fact: str) -> Any:
    return next((value for _, s in held if (value := getattr(s, fact)) is not None), None)
