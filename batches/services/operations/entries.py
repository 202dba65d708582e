"""The list as people read it: single operations, and each bulk as one entry.

Operations of a bulk stand in it by themselves where a filter asks for single ones.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet

from batches.models import Bulk, Operation
from batches.services.keys.types import KeyHandle
from batches.services.newest import Place
from batches.services.operations.bulk_entries import BulkEntry, count_states
from batches.services.operations.listing import (
    NO_FILTERS,
    PAGE_SIZE,
    OperationFilters,
    ids_of_request,
    list_operations,
    look,
    readable_of,
    visible_bulks,
    visible_operations,
)

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,80}", re.ASCII)


Entry = Operation | BulkEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesPage:
    """As `OperationsPage`; `older` may also be the id of a bulk."""

    entries: tuple[Entry, ...]
    older: UUID | None
    looked_to: datetime | None = None


def list_entries(
    *,
    user: User,
    keys: tuple[KeyHandle, ...],
    filters: OperationFilters = NO_FILTERS,
    before: UUID | None = None,
    limit: int = PAGE_SIZE,
) -> EntriesPage:
    """Newest first. `before` is the id of the last entry already shown or read."""
    if filters.chooses_rows:
        page = list_operations(user=user, keys=keys, filters=filters, before=before, limit=limit)
        return EntriesPage(entries=page.operations, older=page.older, looked_to=page.looked_to)
    readable = readable_of(user=user, keys=keys)
    bulks = visible_bulks(user=user, readable=readable)
    place = _place(user, bulks, before) if before else None
    singles, end = look(
        user=user,
        readable=readable,
        filters=replace(filters, singles=True),
        after=place,
        limit=limit + 1,
    )
    if len(singles) > limit:  # more follows in any case, so the look has no end to tell of
        end = None
    return _merged(singles, _newest_bulks(bulks, filters, place, limit + 1), end, limit)


def choose_search(*, user: User, filters: OperationFilters) -> OperationFilters:
    """The same, with a bulk or a request in the place of a text that is the id of one."""
    text = filters.q.strip()
    if not text:
        return filters
    readable = readable_of(user=user)
    if (bulk_id := _uuid(text)) and visible_bulks(user=user, readable=readable).filter(
        id=bulk_id
    ).exists():
        return replace(filters, q="", bulk=bulk_id)
    if REQUEST_ID.fullmatch(text) and ids_of_request(user=user, readable=readable, request_id=text):
        return replace(filters, q="", request_id=text)
    return filters


def _newest_bulks(
    bulks: QuerySet[Bulk], filters: OperationFilters, place: Place | None, limit: int
) -> list[Bulk]:
    wanted = {
        "username": filters.person,
        "verb": filters.verb,
        "fingerprint__in": filters.fingerprints,
        "confirmed_at__gte": filters.start,
        "confirmed_at__lte": filters.end,
    }
    rows = bulks.filter(**{name: value for name, value in wanted.items() if value})
    if filters.fingerprints is not None and not filters.fingerprints:
        return []
    if place:
        rows = rows.filter(confirmed_at__lte=place.created_at)
        same = list(rows.order_by("-confirmed_at", "-id")[: limit + 1])
        return [one for one in same if _when(one) < (place.created_at, place.id)][:limit]
    return list(rows.order_by("-confirmed_at", "-id")[:limit])


def _merged(
    singles: Iterable[Operation], bulks: Iterable[Bulk], end: Place | None, limit: int
) -> EntriesPage:
    # a bulk that is older than where the look ended comes with the next page
    near = [one for one in bulks if end is None or _when(one) > (end.created_at, end.id)]
    both: list[Operation | Bulk] = [*singles, *near]
    both.sort(key=_when, reverse=True)
    page = both[:limit]
    counts = count_states([one for one in page if isinstance(one, Bulk)])
    entries: tuple[Entry, ...] = tuple(
        BulkEntry(bulk=one, by_state=counts.get(one.id, {})) if isinstance(one, Bulk) else one
        for one in page
    )
    if len(both) > limit:
        return EntriesPage(entries=entries, older=page[-1].id)
    if end:
        return EntriesPage(entries=entries, older=end.id, looked_to=end.created_at)
    return EntriesPage(entries=entries, older=None)


def _when(one: Operation | Bulk) -> tuple[datetime | None, UUID]:
    return (one.confirmed_at if isinstance(one, Bulk) else one.created_at), one.id


def _place(user: User, bulks: QuerySet[Bulk], before: UUID) -> Place | None:
    last = visible_operations(user=user).filter(id=before).first()
    last_bulk = None if last else bulks.filter(id=before).first()
    if last is None and last_bulk is None:
        return None
    return Place(*_when(last or last_bulk))  # type: ignore[arg-type]  # one of them is there


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
