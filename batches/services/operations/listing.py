"""The list of operations: all that a person may see, newest first, narrowed by filters.

One short query a key instead of one over all keys: an index gives each its newest rows in order, so
the list costs the same among 100 operations and among 200,000.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from batches.models import ApiKey, Operation
from batches.models.names import name_digest
from batches.services.keys import list_readable_keys, readable_fingerprints
from batches.services.page_key import PageKey

PAGE_SIZE = 50
# Above it the rows of all keys are read together, in the order of their time.
KEYS_APART = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFilters:
    """batch: a whole name. q: a part of one. person: a user name. verb, state: as in the models.

    fingerprints: of the key that was used, None for any. start, end: both included.
    """

    q: str = ""
    batch: str = ""
    person: str = ""
    verb: str = ""
    state: str = ""
    fingerprints: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsPage:
    """`older` is the `before` of the next page, None on the last."""

    operations: tuple[Operation, ...]
    older: UUID | None


NO_FILTERS = OperationFilters()


def list_operations(
    *,
    user: User,
    keys: tuple[PageKey, ...] | None = None,
    filters: OperationFilters = NO_FILTERS,
    before: UUID | None = None,
    limit: int = PAGE_SIZE,
) -> OperationsPage:
    """Newest first. `before` is the id of the last row already shown.

    keys: those that the person may read with, where the caller has them.
    """
    readable = _readable(user, keys)
    parts = [_narrowed(rows, filters) for rows in _visible_parts(user, readable)]
    if before and (last := _visible(user, readable).filter(id=before).first()):
        parts = [_after(rows, last) for rows in parts]
    found = _newest(parts, limit + 1)
    page = found[:limit]
    return OperationsPage(operations=page, older=page[-1].id if len(found) > limit else None)


def visible_operations(*, user: User) -> QuerySet[Operation]:
    """One's own, those of every key one may read with, past fingerprints too; all for admins."""
    return _visible(user, _readable(user))


def people_of_operations(*, user: User, keys: tuple[PageKey, ...]) -> tuple[str, ...]:
    """User names to choose from: accounts with an operation that this person may see."""
    readable, accounts = _readable(user, keys), User.objects.all()
    if not user.is_superuser:
        holders = ApiKey.objects.filter(fingerprint__in=readable).values("owner")
        accounts = accounts.filter(Q(pk=user.pk) | Q(pk__in=holders))
    done = _visible(user, readable).filter(user=OuterRef("pk"))
    names = accounts.filter(Exists(done)).order_by("username").values_list("username", flat=True)
    return tuple(names)


def _readable(user: User, keys: tuple[PageKey, ...] | None = None) -> frozenset[str]:
    """The fingerprints whose operations a person may see; an admin sees all without them."""
    if user.is_superuser:
        return frozenset()
    return readable_fingerprints(list_readable_keys(user=user) if keys is None else keys)


def _visible(user: User, readable: frozenset[str]) -> QuerySet[Operation]:
    if user.is_superuser:
        return Operation.objects.all()
    return Operation.objects.filter(Q(user=user) | Q(fingerprint__in=readable))


def _visible_parts(user: User, readable: frozenset[str]) -> list[QuerySet[Operation]]:
    """The same rows as `_visible`, each part in the order of an index."""
    if user.is_superuser:
        return [Operation.objects.all()]
    own = Operation.objects.filter(user=user)
    if len(readable) > KEYS_APART:
        return [own, Operation.objects.filter(fingerprint__in=readable)]
    return [own, *(Operation.objects.filter(fingerprint=one) for one in sorted(readable))]


def _narrowed(rows: QuerySet[Operation], filters: OperationFilters) -> QuerySet[Operation]:
    if filters.fingerprints is not None:
        rows = rows.filter(fingerprint__in=filters.fingerprints)
    wanted = {
        "batch_digest": filters.batch and name_digest(filters.batch),
        "batch_name__icontains": filters.q,
        "username": filters.person,
        "verb": filters.verb,
        "state": filters.state,
        "created_at__gte": filters.start,
        "created_at__lte": filters.end,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def _after(rows: QuerySet[Operation], last: Operation) -> QuerySet[Operation]:
    """Older than a row. The first condition alone says where an index begins."""
    older = Q(created_at__lt=last.created_at) | Q(id__lt=last.id)
    return rows.filter(older, created_at__lte=last.created_at)


def _newest(parts: Iterable[QuerySet[Operation]], limit: int) -> tuple[Operation, ...]:
    """The newest of all parts, each row once: one's own stand under their key as well."""
    merged = heapq.merge(*(rows[:limit] for rows in parts), key=_place, reverse=True)
    once = {operation.id: operation for operation in merged}
    return tuple(once.values())[:limit]


def _place(operation: Operation) -> tuple[datetime, UUID]:
    return operation.created_at, operation.id
