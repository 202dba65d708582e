"""Batches seen under a key: written when an answer brings news, never on a guess."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from batches.models import SeenBatch, StatusChange
from batches.models.names import name_digests
from batches.refonte import Batch, BatchStatus, Counts
from batches.services.page_key import PageKey
from batches.services.sql import placeholders, select
from batches.services.vendor import log

LONGEST_NAME = 1024
LONGEST_STATUS = 60
RESEEN_AFTER = timedelta(minutes=1)
# Written out, as every cold page asks it: Django would take three times as long.
SEEN = "SELECT * FROM batches_seenbatch WHERE fingerprint = %s AND digest IN ({})"
FACTS = ("project", "status", "created_at", "seen_at", "counts", "counts_at", "grew_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one answer says about one batch; None is "it did not say"."""

    name: str
    project: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    counts: Counts | None = None

    @classmethod
    def of_batch(cls, batch: Batch) -> "Sighting":
        return cls(
            name=batch.name,
            project=batch.project,
            status=batch.status,
            created_at=batch.created_at,
            counts=batch.counts,
        )

    @classmethod
    def of_status(cls, name: str, status: BatchStatus) -> "Sighting":
        return cls(name=name, status=status.status, counts=status.counts)


def find_seen(*, key: PageKey, names: Iterable[str]) -> dict[str, SeenBatch]:
    """Rows for these names, in one query."""
    storable = [name for name in names if is_storable(name)]
    if not storable:
        return {}
    query = SEEN.format(placeholders(storable))
    return {
        row.name: row
        for row in select(SeenBatch, query, [key.fingerprint, *name_digests(storable)])
    }


def all_seen(*, key: PageKey) -> QuerySet[SeenBatch]:
    """Every batch seen with a key, once: as seen since it was replaced, else as before.

    Only for names to find again: of another account's batch what was seen before says nothing.
    """
    rows = SeenBatch.objects.filter(fingerprint__in=key.fingerprints)
    for place, earlier in enumerate(key.earlier, start=1):
        newer = SeenBatch.objects.filter(
            fingerprint__in=key.fingerprints[:place], digest=OuterRef("digest")
        )
        rows = rows.exclude(Exists(newer), fingerprint=earlier)
    return rows


def record(
    *,
    key: PageKey,
    sightings: Iterable[Sighting],
    at: datetime,
    rows: Mapping[str, SeenBatch] | None = None,
    rewrite_after: timedelta = RESEEN_AFTER,
) -> dict[str, SeenBatch]:
    """Remember what was seen at a time; gives the rows as they are now. At most four queries.

    rows: the same as they were, where the caller has found them.
    rewrite_after: what was seen unchanged is written again when its stored age is above this.
    """
    seen = _Sightings(key, {s.name: s for s in sightings if is_storable(s.name)}, at, rewrite_after)
    rows = find_seen(key=key, names=seen.by_name) if rows is None else rows
    news, changes = _merge(seen, rows)
    try:
        if changes:
            news = _tell_changes(seen)
        else:
            _keep(news)
    except DatabaseError:
        # reading goes on where nothing can be written
        log.exception("a sighting could not be stored")
    return {**rows, **{row.name: row for row in news}}


def is_storable(name: str) -> bool:
    """PostgreSQL stores no NUL."""
    return len(name) <= LONGEST_NAME and "\0" not in name


@dataclass(frozen=True, slots=True)
class _Sightings:
    """All that one answer says, and when it said so."""

    key: PageKey
    by_name: Mapping[str, Sighting]
    at: datetime
    rewrite_after: timedelta


def _merge(
    seen: _Sightings, rows: Mapping[str, SeenBatch]
) -> tuple[list[SeenBatch], list[StatusChange]]:
    """What is new in these sightings: rows to keep, and changes to tell."""
    changes: list[StatusChange] = []
    merged = (_merged(seen, rows.get(name), name, changes) for name in seen.by_name)
    return [row for row in merged if row], changes


def _tell_changes(seen: _Sightings) -> list[SeenBatch]:
    """The same again with the rows to oneself: of those who saw a change at once one tells it."""
    with transaction.atomic():
        same = SeenBatch.objects.filter(
            fingerprint=seen.key.fingerprint, digest__in=name_digests(seen.by_name)
        )
        news, changes = _merge(seen, {row.name: row for row in same.select_for_update()})
        _keep(news)
        StatusChange.objects.bulk_create(changes)
    return news


def _keep(news: list[SeenBatch]) -> None:
    for row in news:
        row.pk = None  # new and known rows alike: one statement, which finds them by their name
    if news:
        SeenBatch.objects.bulk_create(
            news,
            update_conflicts=True,
            unique_fields=("fingerprint", "digest"),
            update_fields=FACTS,
        )


def _clean(text: str | None, longest: int) -> str | None:
    return text and text.replace("\0", "")[:longest]


def _merged(
    seen: _Sightings, row: SeenBatch | None, name: str, changes: list[StatusChange]
) -> SeenBatch | None:
    """The row with the sighting in it; None where it says nothing new. Appends to `changes`."""
    sighting, at = seen.by_name[name], seen.at
    if row is None:
        row = SeenBatch(fingerprint=seen.key.fingerprint, name=name, seen_at=at)
        row.is_new = is_news = True
    else:
        if at < row.seen_at:
            return None
        is_news = at - row.seen_at > seen.rewrite_after
    is_news |= _merge_facts(row, sighting, at, changes)
    is_news |= _merge_counts(row, sighting, at, changes)
    row.seen_at = at
    return row if is_news else None


def _merge_facts(
    row: SeenBatch, sighting: Sighting, at: datetime, changes: list[StatusChange]
) -> bool:
    before = (row.project, row.status, row.created_at)
    status = _clean(sighting.status, LONGEST_STATUS)
    if row.status and status and row.status != status:
        changes.append(_change(row, at, before=row.status, after=status))
    row.project = _clean(sighting.project, LONGEST_NAME) or row.project
    row.status = status or row.status
    row.created_at = sighting.created_at or row.created_at
    return before != (row.project, row.status, row.created_at)


def _merge_counts(
    row: SeenBatch, sighting: Sighting, at: datetime, changes: list[StatusChange]
) -> bool:
    """An answer without counts leaves the last known; that there were none is known too."""
    if sighting.counts is None or (sighting.counts.is_empty and row.counts):
        return False
    before, after = Counts.parse(row.counts or {}), sighting.counts
    if words := _fall(before, after):
        changes.append(_change(row, at, words=words))
    if before.total is not None and (after.total or 0) > before.total:
        row.grew_at = at
    counts = {name.replace("\0", ""): count for name, count in after.as_dict().items()}
    is_news = row.counts != counts
    row.counts = counts
    row.counts_at = at
    return is_news


def _fall(before: Counts, after: Counts) -> str:
    """A count that should only grow and fell: said in words, not bent into a curve."""
    if before.is_at_least or after.is_at_least or before.total is None or after.total is None:
        return ""
    if after.total < before.total:
        return f"The total fell from {before.total:,} to {after.total:,} tasks"
    if (after.completed or 0) < (before.completed or 0):
        return f"Completed fell from {before.completed:,} to {after.completed:,} tasks"
    return ""


def _change(
    row: SeenBatch, at: datetime, *, before: str = "", after: str = "", words: str = ""
) -> StatusChange:
    return StatusChange(
        fingerprint=row.fingerprint,
        name=row.name,
        before=before,
        after=after or row.status or "",
        words=words,
        at=at,
    )
