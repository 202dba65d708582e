"""The batches of a key as they are stored: a page of them, or one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from batches.models import BatchNote, Operation, SeenBatch
from batches.models.batches import OPEN_STATUSES
from batches.models.names import fold, name_digest
from batches.services.attention.read import notes_of
from batches.services.batches.facts import BatchFacts, join_facts
from batches.services.keys.types import KeyHandle
from batches.services.newest import Place, behind, look_through, newest
from batches.services.observations.seen import seen_parts
from batches.services.observations.sighting import is_storable
from batches.services.operations.history import last_priorities

# The order of the index; among rows of one creation time the one that was recorded last.
NEWEST_FIRST = (F("created_at").desc(nulls_last=True), "-id")
Parts = list[QuerySet[SeenBatch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFilters:
    """project, status: as Refonte has them. q: a part of a name, whatever its case. Empty: any."""

    project: str = ""
    status: str = ""
    q: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the index of open batches finds them."""
        return self.status in OPEN_STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBatch:
    """facts: each with its age. priority: the last one that was or may have been set from here.

    note: due date, owner and text that people gave it here.
    """

    facts: BatchFacts
    priority: Operation | None = None
    note: BatchNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """next: where the next page begins; None on the last one."""

    batches: tuple[StoredBatch, ...]
    next: Place | None = None


def list_batches(
    *, key: KeyHandle, filters: StoredFilters, after: Place | None, limit: int
) -> StoredPage:
    """Newest first, those without a creation time last. A batch that comes meanwhile shifts none.

    A page looks through a bounded number of rows: it may be short, or empty, and `next` is set.
    """
    rows: tuple[SeenBatch, ...] = ()
    for parts in _behind(key, after):
        # one more than the page shows, to find out whether there is a next page
        found, end = _look(parts, filters, limit + 1 - len(rows))
        rows += found
        if len(rows) > limit:
            return StoredPage(batches=_with_more(key, rows[:limit]), next=_place(rows[limit - 1]))
        if end:
            return StoredPage(batches=_with_more(key, rows), next=end)
    return StoredPage(batches=_with_more(key, rows))


def find_batch(*, key: KeyHandle, name: str) -> StoredBatch | None:
    """One by its name; None where no answer to the key ever had it."""
    if not is_storable(name):
        return None
    rows = SeenBatch.objects.filter(fingerprint__in=key.fingerprints, digest=name_digest(name))
    # what was seen with an earlier value of the key counts only where the present one saw nothing
    found = sorted(rows, key=lambda row: key.fingerprints.index(row.fingerprint))
    return _with_more(key, found[:1])[0] if found else None


def _with_more(key: KeyHandle, rows: Iterable[SeenBatch]) -> tuple[StoredBatch, ...]:
    """Two queries, however many rows there are."""
    found = list(rows)
    names = [row.name for row in found]
    priorities = last_priorities(key=key, names=names)
    notes = notes_of(fingerprint=key.fingerprint, names=names, earlier=key.earlier) if names else {}
    return tuple(
        StoredBatch(
            facts=join_facts(row.name, seen=row),
            priority=priorities.get(row.name),
            note=notes.get(row.name),
        )
        for row in found
    )


def _look(
    parts: Parts, filters: StoredFilters, limit: int
) -> tuple[tuple[SeenBatch, ...], Place | None]:
    """Rows that match, and the last one looked at where more of them may."""
    wanted = _wanted(filters)
    if filters.is_open:
        # few among many: with the condition of their index, in its words (`models/batches.py`)
        is_open = Q(status__in=OPEN_STATUSES) & wanted
        return newest([part.filter(is_open) for part in parts], limit), None
    if not wanted:
        return newest(parts, limit), None
    return look_through(parts, wanted, limit)


def _wanted(filters: StoredFilters) -> Q:
    wanted = Q(search__contains=fold(filters.q.strip())) if filters.q.strip() else Q()
    if filters.project:
        wanted &= Q(project=filters.project)
    if filters.status:
        wanted &= Q(status=filters.status)
    return wanted


def _behind(key: KeyHandle, after: Place | None) -> list[Parts]:
    """Rows with a time, then rows without one; a part for each fingerprint of the key."""
    parts = seen_parts(key=key)
    dated = [part.filter(created_at__isnull=False).order_by(*NEWEST_FIRST) for part in parts]
    undated = [part.filter(created_at=None).order_by("-id") for part in parts]
    if after is None:
        return [dated, undated]
    if after.created_at is None:
        return [[behind(part, after) for part in undated]]
    return [[behind(part, after) for part in dated], undated]


def _place(row: SeenBatch) -> Place:
    return Place(row.created_at, row.id)
