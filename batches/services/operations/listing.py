"""The list of operations: all that a person may see, newest first, narrowed by filters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from batches.models import ApiKey, Operation
from batches.models.names import fold, name_digest
from batches.models.operations import EVERY_ROW
from batches.services.keys.listing import list_readable_keys, readable_fingerprints
from batches.services.keys.types import KeyHandle
from batches.services.newest import Place, behind, look_through, newest

PAGE_SIZE = 50


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
    """`older` is the `before` of the next page, None on the last.

    looked_to: the time of the last row that was read, where that ended before the page was full.
    """

    operations: tuple[Operation, ...]
    older: UUID | None
    looked_to: datetime | None = None


NO_FILTERS = OperationFilters()


def list_operations(
    *,
    user: User,
    keys: tuple[KeyHandle, ...] | None = None,
    filters: OperationFilters = NO_FILTERS,
    before: UUID | None = None,
    limit: int = PAGE_SIZE,
) -> OperationsPage:
    """Newest first. `before` is the id of the last row already shown or read.

    keys: those that the person may read with, where the caller has them.
    """
    readable = _readable(user, keys)
    along, others = _narrowed(filters)
    parts = [rows.filter(along) for rows in _parts(user, readable, filters.fingerprints)]
    if before and (last := _visible(user, readable).filter(id=before).first()):
        parts = [behind(rows, Place(last.created_at, last.id)) for rows in parts]
    if others:
        found, end = look_through(parts, others, limit + 1)
    else:
        found, end = newest(parts, limit + 1), None
    page = found[:limit]
    if len(found) > limit:
        return OperationsPage(operations=page, older=page[-1].id)
    if end:
        return OperationsPage(operations=page, older=end.id, looked_to=end.created_at)
    return OperationsPage(operations=page, older=None)


def visible_operations(*, user: User) -> QuerySet[Operation]:
    """Who may see an operation: the person who began it, all who may read with its key or with the
    key that replaced it, and admins.
    """
    return _visible(user, _readable(user))


def people_of_operations(*, user: User, keys: tuple[KeyHandle, ...]) -> tuple[str, ...]:
    """User names for the filter: accounts with an operation that the user may see."""
    readable = _readable(user, keys)
    done = Operation.objects.order_by().filter(username=OuterRef("username"))
    if user.is_superuser:
        return tuple(sorted(_names(User.objects.filter(Exists(done.filter(EVERY_ROW))))))
    holders = ApiKey.objects.filter(fingerprint__in=readable).values("owner")
    seen = done.filter(fingerprint__in=readable)
    names = _names(User.objects.filter(Exists(seen), pk__in=holders))
    if Operation.objects.filter(user=user).exists():
        names.add(user.username)
    return tuple(sorted(names))


def _names(accounts: QuerySet[User]) -> set[str]:
    return set(accounts.values_list("username", flat=True))


def _readable(user: User, keys: tuple[KeyHandle, ...] | None = None) -> frozenset[str]:
    """The fingerprints whose operations the user may see; empty for an admin, who sees all."""
    if user.is_superuser:
        return frozenset()
    return readable_fingerprints(list_readable_keys(user=user) if keys is None else keys)


def _visible(user: User, readable: frozenset[str]) -> QuerySet[Operation]:
    if user.is_superuser:
        return Operation.objects.all()
    return Operation.objects.filter(Q(user=user) | Q(fingerprint__in=readable))


def _parts(
    user: User, readable: frozenset[str], wanted: frozenset[str] | None
) -> list[QuerySet[Operation]]:
    """The rows of `_visible`, each part in the order of an index.

    wanted: only these fingerprints, None for all. A row may be in two parts: of user and of key.
    """
    # a part for each key, not one condition over all: an index gives each its newest rows, so the
    # list costs the same among 100 operations and among 200,000
    rows, own = Operation.objects.all(), Operation.objects.filter(user=user)
    if wanted is not None:
        may_see_all = wanted if user.is_superuser else readable
        return [(rows if one in may_see_all else own).filter(fingerprint=one) for one in wanted]
    if user.is_superuser:
        return [rows.filter(EVERY_ROW)]
    return [own, *(rows.filter(fingerprint=one) for one in sorted(readable))]


def _narrowed(filters: OperationFilters) -> tuple[Q, Q]:
    """The conditions that an index serves, and those that are tested row by row (`newest`)."""
    # an index serves one of these at a time, so the others are tested row by row
    alone = {
        "batch_digest": filters.batch and name_digest(filters.batch),
        "username": filters.person,
        "state": filters.state,
        "verb": filters.verb,
    }
    wanted = [Q(**{name: value}) for name, value in alone.items() if value]
    times = {"created_at__gte": filters.start, "created_at__lte": filters.end}
    along = [Q(**{name: value}) for name, value in times.items() if value]
    others = [Q(batch_search__contains=fold(filters.q))] if filters.q else []
    return _all(along + wanted[:1]), _all(others + wanted[1:])


def _all(conditions: Iterable[Q]) -> Q:
    return reduce(and_, conditions, Q())
