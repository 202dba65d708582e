"""The search: names known with a key, and the one batch that has exactly the name typed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from batches.models import SeenBatch
from batches.models.names import fold, name_digests
from batches.refonte import BatchPage, ListQuery, Outcome
from batches.refs import is_addressable
from batches.services.batches import pace
from batches.services.batches import rows as batch_rows
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList, sent_priorities
from batches.services.batches.rows import Row
from batches.services.cache.entry import Failure
from batches.services.keys.types import KeyHandle
from batches.services.newest import Place, behind, count_in_look, look_through
from batches.services.observations.seen import all_seen, find_seen, seen_parts
from batches.services.readings.queries import batch_query, list_query
from batches.services.readings.read import read, read_together
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline
from batches.services.walks.coverage import Coverage, coverage_of

K = TypeVar("K", bound=KeyHandle)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactName:
    """The batch that was typed.

    failure: why the vendor could not be asked. is_absent: it has no such batch.
    """

    name: str | None = None
    failure: Failure | None = None
    is_absent: bool = False


NOT_ASKED = ExactName()
# The order of the index, and of rows of one moment the one that was seen last.
NEWEST_FIRST = (F("created_at").desc(nulls_last=True), "-id")
Parts = list[QuerySet[SeenBatch]]


def try_again(*, key: K) -> K:
    """The key as it is now: with a refused one a search asks as any page does, once a minute."""
    if not key.is_refused:
        return key
    cheapest = list_query(ListQuery(limit=1, detailed=False))
    deadline = new_deadline()
    failure = read(key=key, query=cheapest, kind=Kind.PAGE, deadline=deadline).failure
    # too large to be read, it is an answer to this key all the same
    return replace(key, is_refused=failure is not None and not failure.is_too_large)


def search_seen(*, key: KeyHandle, filters: ListFilters, exact: ExactName = NOT_ASKED) -> BatchList:
    """Batches known with the key whose names contain the words; asks the vendor nothing.

    So many names are looked through for one page; `older` goes on where they end.
    exact: what was learned just now of the whole name, and so of the key.
    """
    now = timezone.now()
    reading = search_reading(key=key, now=now, exact=exact)
    found = Found() if reading.failure else _look(key, filters, now)
    page = _by_name_within_a_moment(found.rows[: filters.limit])
    priorities = sent_priorities(key=key, names=[row.name for row in page])
    rows = tuple(batch_rows.from_seen(row, priorities) for row in page)
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
        poll_seconds=search_pace(reading, rows, coverage, now),
        coverage=coverage,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The rows of one page, newest first and those without a time last, and one more if there is.

    older: the row behind which the next page begins. looked_to: how far the names were looked
        through, where that ends before the page is full. has_more_names: than one page looks at.
    """

    rows: tuple[SeenBatch, ...] = ()
    older: int | None = None
    looked_to: datetime | None = None
    has_more_names: bool = False


def _look(key: KeyHandle, filters: ListFilters, now: datetime) -> Found:
    wanted, limit = _wanted(filters), filters.limit
    rows: tuple[SeenBatch, ...] = ()
    for parts in _behind(key, filters, now):
        found, end = look_through(parts, wanted, limit + 1 - len(rows))
        rows += found
        if len(rows) > limit:
            return Found(rows=rows, older=rows[limit - 1].id, has_more_names=end is not None)
        if end:
            return Found(rows=rows, older=end.id, looked_to=end.created_at, has_more_names=True)
    return Found(rows=rows)


def _total(key: KeyHandle, filters: ListFilters, found: Found) -> int | None:
    """Counted only where the page does not tell it."""
    if filters.is_first_page and found.older is None:
        return len(found.rows)
    if found.has_more_names:
        return None
    return count_matching(key=key, filters=filters)


def _by_name_within_a_moment(rows: Sequence[SeenBatch]) -> list[SeenBatch]:
    undated_last = datetime.min.replace(tzinfo=UTC)
    named = sorted(rows, key=lambda row: row.name)
    return sorted(named, key=lambda row: row.created_at or undated_last, reverse=True)


def _behind(key: KeyHandle, filters: ListFilters, now: datetime) -> list[Parts]:
    """All that a page may look through, that with times first: for each fingerprint a part."""
    dated, undated = _parts(key, filters, now)
    known = SeenBatch.objects.filter(fingerprint__in=key.fingerprints)
    last = known.filter(id=filters.after).first() if filters.after else None
    if last is None:
        return [dated, undated]
    place = Place(last.created_at, last.id)
    if last.created_at is None:
        return [[behind(part, place) for part in undated]]
    return [[behind(part, place) for part in dated], undated]


def _parts(key: KeyHandle, filters: ListFilters, now: datetime) -> tuple[Parts, Parts]:
    """Within the days asked for, in which a batch without a time never falls."""
    start, end = filters.window(now)
    parts = seen_parts(key=key)
    dated = [part.filter(created_at__isnull=False).order_by(*NEWEST_FIRST) for part in parts]
    if start:
        dated = [part.filter(created_at__gte=start) for part in dated]
    if end:
        dated = [part.filter(created_at__lte=end) for part in dated]
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


def count_matching(*, key: KeyHandle, filters: ListFilters) -> int | None:
    """How many match in all; None where more names are known than one page looks through."""
    now = timezone.now()
    counted = [count_in_look(parts, _wanted(filters)) for parts in _parts(key, filters, now)]
    return None if any(end for _, end in counted) else sum(number for number, _ in counted)


def search_on(*, key: KeyHandle, filters: ListFilters, after: Row | None) -> BatchList:
    """Rows of the same search behind a row, None for the first: for who reads all of it.

    A page costs the same wherever it stands, and what comes in above moves none of its rows.
    `older` is set where there is more, `total` on the first page, coverage on the last.
    """
    now = timezone.now()
    reading = search_reading(key=key, now=now)
    found = SeenBatch.objects.none() if reading.failure else matching(key, filters, now)
    newest_first = F("created_at").desc(nulls_last=True)  # the order of the index
    dated = found.filter(created_at__isnull=False).order_by(newest_first, "name")
    undated = found.filter(created_at=None).order_by("name")
    if after and after.created_at:
        is_behind = Q(created_at__lt=after.created_at) | Q(name__gt=after.name)
        dated = dated.filter(is_behind, created_at__lte=after.created_at)
    elif after:
        dated, undated = dated.none(), undated.filter(name__gt=after.name)
    page = list(dated[: filters.limit + 1])
    page += undated[: filters.limit + 1 - len(page)]
    more, page = len(page) > filters.limit, page[: filters.limit]
    priorities = sent_priorities(key=key, names=[row.name for row in page])
    return BatchList(
        filters=filters,
        rows=tuple(batch_rows.from_seen(row, priorities) for row in page),
        reading=reading,
        total=None if after else found.count(),
        older=filters if more else None,
        tab_totals={},
        poll_seconds=None,
        coverage=None if more or reading.failure else coverage_of(key=key),
    )


def matching(key: KeyHandle, filters: ListFilters, now: datetime) -> QuerySet[SeenBatch]:
    """Batches known with the key whose names contain the words, within the other filters."""
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
    """Batches that would stand among those shown, had they been known when the page was drawn.

    Of the newest that one page looks through, so that a poll costs as little as a page.
    """
    wanted = _wanted(filters) & ~Q(digest__in=name_digests(shown))
    dated, undated = _parts(key, filters, timezone.now())
    above = [part.filter(created_at__gt=since) for part in dated]
    return sum(count_in_look(parts, wanted)[0] for parts in (above, undated))


def search_pace(
    reading: Reading[BatchPage], rows: Sequence[Row], coverage: Coverage | None, now: datetime
) -> int | None:
    """Seconds to the next poll of a search: soon, while more names come in by themselves."""
    usual = pace.of_list(row.status for row in rows)
    if coverage and coverage.is_watched and not coverage.is_whole:
        usual = min(usual, pace.NEAR)
    return pace.after(reading, usual, now)


def search_reading(
    *, key: KeyHandle, now: datetime, exact: ExactName = NOT_ASKED
) -> Reading[BatchPage]:
    """Stands for the vendor's answer where only what is remembered here is looked through."""
    refusal = _refusal(key, exact)
    as_of = None if refusal else now
    return Reading(data=None, payload=None, as_of=as_of, failure=refusal, next_try=None)


def _refusal(key: KeyHandle, exact: ExactName) -> Failure | None:
    """A refused key shows nothing any more that was seen with it."""
    if is_refused(exact):
        return exact.failure
    if not key.is_refused:
        return None
    since = key.refused_at or timezone.now()
    return Failure(outcome=Outcome.KEY_REFUSED, message=key.refusal, since=since)


def is_refused(answer: Reading[Any] | ExactName) -> bool:
    """The vendor refuses the key, and not only this query."""
    return answer.failure is not None and answer.failure.outcome == Outcome.KEY_REFUSED


def find_exact(*, key: KeyHandle, typed: str) -> ExactName:
    """The batch of exactly this name, blanks at its ends counted or not; here or at the vendor."""
    if key.is_refused:
        return NOT_ASKED
    names = [name for name in dict.fromkeys((typed, typed.strip())) if is_addressable(name)]
    seen = find_seen(fingerprint=key.fingerprint, names=names)
    if found := next((name for name in names if name in seen), None):
        return ExactName(name=found)
    readings = read_together(
        key=key,
        queries=[batch_query(name) for name in names],
        kind=Kind.POLL,
        deadline=new_deadline(),
    )
    answered = {name for name, r in zip(names, readings, strict=True) if r.data and not r.failure}
    name = next((name for name in names if name in answered), None)
    failure = next((r.failure for r in readings if r.failure and not _is_no(r.failure)), None)
    return ExactName(name=name, failure=failure, is_absent=bool(names) and not (name or failure))


def _is_no(failure: Failure) -> bool:
    """An answer after all: no batch has, or can have, such a name."""
    return failure.is_definite
