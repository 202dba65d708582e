"""The search: by part of a name among recorded batches. By an exact name: `exact_name.py`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from batches.models import SeenBatch
from batches.models.names import fold, name_digests
from batches.refonte import BatchPage, ListQuery, Outcome
from batches.services.batches import pace
from batches.services.batches import rows as batch_rows
from batches.services.batches.exact_name import NOT_ASKED, ExactName
from batches.services.batches.filters import ListFilters
from batches.services.batches.known import known_of
from batches.services.batches.listing import BatchList
from batches.services.batches.rows import Row
from batches.services.cache.entry import Failure
from batches.services.keys.types import KeyHandle
from batches.services.newest import Place, behind, count_in_look, look_through
from batches.services.observations.seen import all_seen, seen_parts
from batches.services.readings.queries import list_query
from batches.services.readings.read import read
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline
from batches.services.walks.coverage import Coverage, coverage_of

K = TypeVar("K", bound=KeyHandle)


# The order of the index; among rows of one creation time the one that was recorded last.
NEWEST_FIRST = (F("created_at").desc(nulls_last=True), "-id")
Parts = list[QuerySet[SeenBatch]]


def try_again(*, key: K) -> K:
    """The key in its present state: a refused one is tried again, at most once a minute."""
    if not key.is_refused:
        return key
    # a search calls the vendor for nothing else: without this it never notices that a key works
    # again
    cheapest = list_query(ListQuery(limit=1, detailed=False))
    deadline = new_deadline()
    failure = read(key=key, query=cheapest, kind=Kind.PAGE, deadline=deadline).failure
    # an answer that is too large to read still shows that the key is accepted
    return replace(key, is_refused=failure is not None and not failure.is_too_large)


def search_seen(*, key: KeyHandle, filters: ListFilters, exact: ExactName = NOT_ASKED) -> BatchList:
    """Batches recorded under the key whose names contain the text. Makes no vendor call.

    One page compares a bounded number of names; `older` continues after the last of them.
    exact: the result of `find_exact` just before, which may be that the key is refused.
    """
    now = timezone.now()
    reading = search_reading(key=key, now=now, exact=exact)
    found = Found() if reading.failure else _look(key, filters, now)
    page = _by_name_within_a_moment(found.rows[: filters.limit])
    rows, attention = rows_of(key=key, seen=page)
    coverage = None if reading.failure else coverage_of(key=key)
    return BatchList(
        filters=filters,
        rows=rows,
        reading=reading,
        total=0 if reading.failure else _total(key, filters, found),
        older=replace(filters, after=found.older, seen=filters.seen + len(rows))
        if found.older is not None
        else None,
        looked_to=found.looked_to,
        tab_totals={},
        attention=attention,
        poll_seconds=search_pace(reading, rows, coverage, now),
        coverage=coverage,
    )


def rows_of(*, key: KeyHandle, seen: Sequence[SeenBatch]) -> tuple[tuple[Row, ...], int | None]:
    """The rows of recorded batches; and how many batches of the key need attention."""
    known = known_of(key=key, names=[row.name for row in seen])
    return tuple(batch_rows.from_seen(row, known) for row in seen), known.attention


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows of one page, newest first, those without a time last.

    older: id of the row after which the next page begins.
    looked_to: creation time of the last name compared, where the page ended there.
    has_more_names: the key has more names than one page compares.
    """

    rows: tuple[SeenBatch, ...] = ()
    older: int | None = None
    looked_to: datetime | None = None
    has_more_names: bool = False


def _look(key: KeyHandle, filters: ListFilters, now: datetime) -> Found:
    wanted, limit = _wanted(filters), filters.limit
    rows: tuple[SeenBatch, ...] = ()
    for parts in _behind(key, filters, now):
        # one row more than the page shows, to find out whether there is a next page
        found, end = look_through(parts, wanted, limit + 1 - len(rows))
        rows += found
        if len(rows) > limit:
            return Found(rows=rows, older=rows[limit - 1].id, has_more_names=end is not None)
        if end:
            return Found(rows=rows, older=end.id, looked_to=end.created_at, has_more_names=True)
    return Found(rows=rows)


def _total(key: KeyHandle, filters: ListFilters, found: Found) -> int | None:
    """Number of all matches; None where more names are known than one page compares."""
    # the only page: counting would compare all names once more
    if filters.is_first_page and found.older is None:
        return len(found.rows)
    if found.has_more_names:
        return None
    return count_matching(key=key, filters=filters)


def _by_name_within_a_moment(rows: Sequence[SeenBatch]) -> list[SeenBatch]:
    undated_last = datetime.min.replace(tzinfo=UTC)
    # the second sort is stable, so names stay in order among rows of one time
    named = sorted(rows, key=lambda row: row.name)
    return sorted(named, key=lambda row: row.created_at or undated_last, reverse=True)


def _behind(key: KeyHandle, filters: ListFilters, now: datetime) -> list[Parts]:
    """What a page may compare: rows with a time, then rows without; a part for each fingerprint."""
    dated, undated = _parts(key, filters, now)
    known = SeenBatch.objects.filter(fingerprint__in=key.fingerprints)
    # the id comes from the address: only rows of this key are used
    last = known.filter(id=filters.after).first() if filters.after else None
    if last is None:
        return [dated, undated]
    place = Place(last.created_at, last.id)
    if last.created_at is None:
        return [[behind(part, place) for part in undated]]
    return [[behind(part, place) for part in dated], undated]


def _parts(key: KeyHandle, filters: ListFilters, now: datetime) -> tuple[Parts, Parts]:
    """Rows with a creation time, and rows without one, each newest first."""
    start, end = filters.window(now)
    parts = seen_parts(key=key)
    dated = [part.filter(created_at__isnull=False).order_by(*NEWEST_FIRST) for part in parts]
    if start:
        dated = [part.filter(created_at__gte=start) for part in dated]
    if end:
        dated = [part.filter(created_at__lte=end) for part in dated]
    # a batch without a creation time is on no day that the filter names
    if start or end:
        return dated, []
    return dated, [part.filter(created_at=None).order_by("-id") for part in parts]


def _wanted(filters: ListFilters) -> Q:
    wanted = Q(search__contains=fold(filters.q.strip()))
    if filters.project:
        wanted &= Q(project=filters.project)
    if filters.status:
        wanted &= Q(status=filters.status)
    return wanted


def newest_matching(*, key: KeyHandle, filters: ListFilters, limit: int) -> tuple[SeenBatch, ...]:
    """The newest that match, among so many as one page looks through; any part of a name does."""
    found: tuple[SeenBatch, ...] = ()
    for parts in _parts(key, filters, timezone.now()):
        found += look_through(parts, _wanted(filters), limit).rows
    return found[:limit]


def count_matching(*, key: KeyHandle, filters: ListFilters) -> int | None:
    """How many match in all; None where more names are known than one page compares."""
    now = timezone.now()
    counted = [count_in_look(parts, _wanted(filters)) for parts in _parts(key, filters, now)]
    return None if any(end for _, end in counted) else sum(number for number, _ in counted)


def search_on(*, key: KeyHandle, filters: ListFilters, after: Row | None) -> BatchList:
    """A page of the same search for an export; it begins after a row, or at the start for None.

    `older` is set where there is more, `total` on the first page, `coverage` on the last.
    """
    now = timezone.now()
    reading = search_reading(key=key, now=now)
    found = SeenBatch.objects.none() if reading.failure else matching(key, filters, now)
    newest_first = F("created_at").desc(nulls_last=True)  # the order of the index
    dated = found.filter(created_at__isnull=False).order_by(newest_first, "name")
    undated = found.filter(created_at=None).order_by("name")
    if after and after.created_at:
        # after a row, not at a number: new batches shift no row, and a late page costs no more
        is_behind = Q(created_at__lt=after.created_at) | Q(name__gt=after.name)
        # the bound on the time alone lets the index find where to begin
        dated = dated.filter(is_behind, created_at__lte=after.created_at)
    elif after:
        dated, undated = dated.none(), undated.filter(name__gt=after.name)
    # one row more than the page shows, to find out whether there is a next page
    page = list(dated[: filters.limit + 1])
    page += undated[: filters.limit + 1 - len(page)]
    more, page = len(page) > filters.limit, page[: filters.limit]
    return BatchList(
        filters=filters,
        rows=rows_of(key=key, seen=page)[0],
        reading=reading,
        # counted once, as a count compares all names
        total=None if after else found.count(),
        older=filters if more else None,
        tab_totals={},
        poll_seconds=None,
        coverage=None if more or reading.failure else coverage_of(key=key),
    )


def matching(key: KeyHandle, filters: ListFilters, now: datetime) -> QuerySet[SeenBatch]:
    """Batches recorded under the key whose names contain the text, within the other filters."""
    start, end = filters.window(now)
    found = all_seen(key=key).filter(_wanted(filters))
    if start:
        found = found.filter(created_at__gte=start)
    if end:
        found = found.filter(created_at__lte=end)
    return found


def count_found_since(
    *, key: KeyHandle, filters: ListFilters, shown: Sequence[str], since: datetime
) -> int:
    """How many matching batches were recorded since the page was drawn, and are not on it."""
    wanted = _wanted(filters) & ~Q(digest__in=name_digests(shown))
    dated, undated = _parts(key, filters, timezone.now())
    # bounded like a page (`count_in_look`), so that a poll costs no more than a page
    above = [part.filter(created_at__gt=since) for part in dated]
    return sum(count_in_look(parts, wanted)[0] for parts in (above, undated))


def search_pace(
    reading: Reading[BatchPage], rows: Sequence[Row], coverage: Coverage | None, now: datetime
) -> int | None:
    """Seconds to the next poll of a search."""
    usual = pace.of_list(row.status for row in rows)
    if coverage and coverage.is_watched and not coverage.is_whole:
        # the worker is still reading the list, so names are added all the time
        usual = min(usual, pace.NEAR)
    return pace.after(reading, usual, now)


def search_reading(
    *, key: KeyHandle, now: datetime, exact: ExactName = NOT_ASKED
) -> Reading[BatchPage]:
    """A reading without data, for pages that use recorded batches instead of a vendor's answer."""
    refusal = _refusal(key, exact)
    as_of = None if refusal else now
    return Reading(data=None, payload=None, as_of=as_of, failure=refusal, next_try=None)


def _refusal(key: KeyHandle, exact: ExactName) -> Failure | None:
    """Why the search shows nothing: a refused key shows no batch that was recorded with it."""
    if is_refused(exact):
        return exact.failure
    if not key.is_refused:
        return None
    since = key.refused_at or timezone.now()
    return Failure(outcome=Outcome.KEY_REFUSED, message=key.refusal, since=since)


def is_refused(answer: Reading[Any] | ExactName) -> bool:
    """Whether the vendor refuses the key, not only this query."""
    return answer.failure is not None and answer.failure.outcome == Outcome.KEY_REFUSED
