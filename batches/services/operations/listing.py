"""The list of operations: all that a person may see, newest first, narrowed by filters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from batches.models import ApiKey, Bulk, Operation
from batches.models.names import fold, name_digest
from batches.models.operations import EVERY_ROW, NAMED, SINGLE
from batches.services.keys.listing import list_readable_keys, readable_fingerprints
from batches.services.keys.types import KeyHandle
from batches.services.newest import Place, behind, look_through, newest

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFilters:
    """batch: a whole name. q: a part of one. person: a user name. verb, state: as in the models.

    fingerprints: of the key that was used, None for any. start, end: both included.
    request_id: a whole one, of Refonte. bulk: its id.
    singles: only what is of no bulk.
    """

    q: str = ""
    batch: str = ""
    person: str = ""
    verb: str = ""
    state: str = ""
    fingerprints: frozenset[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    request_id: str = ""
    bulk: UUID | None = None
    singles: bool = False

    @property
    def chooses_rows(self) -> bool:
        """Whether it asks for single operations, of a bulk as well."""
        return bool(self.q or self.batch or self.state or self.request_id or self.bulk)


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
    last = _visible(user, readable).filter(id=before).first() if before else None
    place = Place(last.created_at, last.id) if last else None
    found, end = look(user=user, readable=readable, filters=filters, after=place, limit=limit + 1)
    page = found[:limit]
    if len(found) > limit:
        return OperationsPage(operations=page, older=page[-1].id)
    if end:
        return OperationsPage(operations=page, older=end.id, looked_to=end.created_at)
    return OperationsPage(operations=page, older=None)


def look(
    *,
    user: User,
    readable: frozenset[str],
    filters: OperationFilters,
    after: Place | None,
    limit: int,
) -> tuple[tuple[Operation, ...], Place | None]:
    """Those behind a place, and where the look ended before it had as many as wanted."""
    along, others = _narrowed(filters)
    parts = [rows.filter(along) for rows in _chosen_parts(user, readable, filters)]
    if after:
        parts = [behind(rows, after) for rows in parts]
    if not others:
        return newest(parts, limit), None
    found, end = look_through(parts, others, limit)
    return found, end


def readable_of(*, user: User, keys: tuple[KeyHandle, ...] | None = None) -> frozenset[str]:
    """The fingerprints whose operations the user may see; empty for an admin, who sees all."""
    return _readable(user, keys)


def visible_operations(*, user: User) -> QuerySet[Operation]:
    """Who may see an operation: the person who began it, all who may read with its key or with the
    key that replaced it, and admins.
    """
    return _visible(user, _readable(user))


def visible_bulks(*, user: User, readable: frozenset[str]) -> QuerySet[Bulk]:
    """Those that were confirmed, for whom their operations are."""
    rows = Bulk.objects.filter(confirmed_at__isnull=False)
    if user.is_superuser:
        return rows
    return rows.filter(Q(user=user) | Q(fingerprint__in=readable))


def ids_of_request(*, user: User, readable: frozenset[str], request_id: str) -> list[UUID]:
    """Operations that Refonte called so, which the user may see: one, as a rule."""
    # one index alone finds them; asked for with who may see them, a database may choose another
    rows = Operation.objects.order_by().filter(NAMED, request_id=request_id)
    found = rows.values_list("id", "user_id", "fingerprint")[:PAGE_SIZE]
    return [
        one
        for one, user_id, fingerprint in found
        if user.is_superuser or user_id == user.pk or fingerprint in readable
    ]


def people_of_operations(*, user: User, keys: tuple[KeyHandle, ...]) -> tuple[str, ...]:
    """User names for the filter: accounts with an operation that the user may see."""
    readable = _readable(user, keys)
    bulks = visible_bulks(user=user, readable=readable).order_by()
    of_bulks = Q(username__in=set(bulks.values_list("username", flat=True).distinct()))
    done = Operation.objects.order_by().filter(SINGLE, username=OuterRef("username"))
    if user.is_superuser:
        by_hand = Q(Exists(done.filter(EVERY_ROW)))
        return tuple(sorted(_names(User.objects.filter(of_bulks | by_hand))))
    holders = ApiKey.objects.filter(fingerprint__in=readable).values("owner")
    seen = Q(Exists(done.filter(fingerprint__in=readable)))
    names = _names(User.objects.filter(of_bulks | seen, pk__in=holders))
    if Operation.objects.filter(user=user).exists():
        names.add(user.username)
    return tuple(sorted(names))


def _names(accounts: QuerySet[User]) -> set[str]:
    return set(accounts.values_list("username", flat=True))


def _readable(user: User, keys: tuple[KeyHandle, ...] | None = None) -> frozenset[str]:
    if user.is_superuser:
        return frozenset()
    return readable_fingerprints(list_readable_keys(user=user) if keys is None else keys)


def _visible(user: User, readable: frozenset[str]) -> QuerySet[Operation]:
    if user.is_superuser:
        return Operation.objects.all()
    return Operation.objects.filter(Q(user=user) | Q(fingerprint__in=readable))


def _chosen_parts(
    user: User, readable: frozenset[str], filters: OperationFilters
) -> list[QuerySet[Operation]]:
    """The rows to look at. Those of one bulk or one request are few: they are one part."""
    if filters.request_id:
        ids = ids_of_request(user=user, readable=readable, request_id=filters.request_id)
        return [Operation.objects.filter(pk__in=ids)] if ids else []
    if filters.bulk:
        # its operations are of its person and key, so who sees it sees them
        bulks = visible_bulks(user=user, readable=readable).filter(id=filters.bulk)
        return [Operation.objects.filter(bulk_id=filters.bulk)] if bulks.exists() else []
    return _parts(user, readable, filters.fingerprints)


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
        "state": filters.state,
    }
    # these have an index of what is of no bulk
    of_singles = {"username": filters.person, "verb": filters.verb}
    wanted = [Q(**{name: value}) for name, value in alone.items() if value]
    more = [Q(**{name: value}) for name, value in of_singles.items() if value]
    times = {"created_at__gte": filters.start, "created_at__lte": filters.end}
    along = [Q(**{name: value}) for name, value in times.items() if value]
    others = [Q(batch_search__contains=fold(filters.q))] if filters.q else []
    if filters.singles:
        along, wanted, more = [SINGLE, *along], wanted + more, []
    return _all(along + wanted[:1]), _all(others + wanted[1:] + more)


def _all(conditions: Iterable[Q]) -> Q:
    return reduce(and_, conditions, Q())
