"""The poll of a list: one vendor call, or eight statuses where lists contain no counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from batches.models import SeenBatch
from batches.refonte import BatchPage, Deadline
from batches.services.batches import rows as batch_rows
from batches.services.batches.filters import ListFilters
from batches.services.batches.known import KnownPage, known_of
from batches.services.batches.listing import Sum, known_totals, pace_of
from batches.services.batches.page_fetch import FetchedPage, read_page, vendor_query
from batches.services.batches.paging import ListPage
from batches.services.batches.rows import Row
from batches.services.batches.search import (
    count_found_since,
    count_matching,
    is_refused,
    search_pace,
    search_reading,
)
from batches.services.batches.status_sweep import keep_recent, sweep_statuses
from batches.services.batches.stored import find_ids, rows_again, stored_pace
from batches.services.batches.sums import sum_of
from batches.services.clock import is_older
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import Query, list_query
from batches.services.readings.read import last_known, read
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline
from batches.services.walks.coverage import Coverage, coverage_of

NEWS_EVERY = timedelta(minutes=1)
LEFT = "as last seen; no longer matches these filters"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPoll:
    """The rows on screen, in the same order, as they are now. new: number of newer batches.

    attention: batches of the key with an alarm that nobody dismissed; None where not to be shown.
    sum: as of a `BatchList`. total: number of all batches that match; None where unknown.
    """

    rows: tuple[Row, ...]
    reading: Reading[BatchPage]
    new: int
    tab_totals: Mapping[str, int | None]
    poll_seconds: int | None
    attention: int | None = None
    sum: Sum | None = None
    coverage: Coverage | None = None
    total: int | None = None


def poll_list(
    *, key: KeyHandle, filters: ListFilters, shown: Sequence[str], since: datetime
) -> ListPoll:
    """Read the batches shown again. A batch not shown and created after `since` is new."""
    poll = _poll(key, filters, shown, since)
    total = poll.total
    # the rows on the screen are all of a list, if Refonte, or the search, counts no more
    listed = sum(not row.mark for row in poll.rows)
    is_whole = filters.is_first_page and total is not None and total <= listed
    found = sum_of(key=key, filters=filters, rows=poll.rows, total=total, is_whole=is_whole)
    return replace(poll, sum=found)


def _poll(key: KeyHandle, filters: ListFilters, shown: Sequence[str], since: datetime) -> ListPoll:
    if filters.is_stored:
        return _stored_poll(key, filters, shown, since)
    now = timezone.now()
    deadline = new_deadline()
    question = vendor_query(key=key, filters=filters, now=now)
    query = list_query(question)
    listing = search_reading(key=key, now=now) if filters.q else last_known(key=key, query=query)
    seen, page = None, f"{query.id} {filters.q}"
    # a search has no vendor's list, so its rows are updated by their statuses
    if filters.q or _wants_statuses(listing, now):
        reading, seen = sweep_statuses(
            key=key, page=page, shown=shown, of=listing, deadline=deadline
        )
        asked = FetchedPage.of(filters, question, listing)
    else:
        ask = partial(_ask, key, deadline)
        asked = read_page(key=key, filters=filters, now=now, ask=ask)
        reading = asked.reading
        if reading.had_no_slot:
            reading = keep_recent(key=key, page=page, of=listing, full=reading)
        # `keep_recent` moved its time to the last sweep: rows need the time of the list itself
        listing = (
            listing if reading.failure is None and asked.reading.had_no_slot else asked.reading
        )
    # where nothing is known any more (a refused key), no row is sent, and the screen stays
    is_lost = is_refused(reading) if filters.q else listing.data is None
    known = known_of(key=key, names=() if is_lost else shown, since=listing.as_of)
    rows = () if is_lost else _rows(key, shown, listing, seen, known, searching=bool(filters.q))
    if filters.q:
        return _search_poll(key, filters, shown, since, rows, reading, known)
    return ListPoll(
        rows=rows,
        reading=reading,
        attention=known.attention,
        new=_count_new(key, filters, shown, since, listing, deadline),
        tab_totals=known_totals(key=key, filters=asked.filters, now=now, total=asked.page.total),
        total=_total(asked.page),
        poll_seconds=pace_of(rows, reading, now),
    )


def _total(page: ListPage) -> int | None:
    """Also where Refonte gives none, if the first page is the only one."""
    if page.total is not None or page.older is not None or page.start:
        return page.total
    return len(page.batches)


def _ask(key: KeyHandle, deadline: Deadline, query: Query[BatchPage]) -> Reading[BatchPage]:
    return read(key=key, query=query, kind=Kind.POLL, deadline=deadline)


def _stored_poll(
    key: KeyHandle, filters: ListFilters, shown: Sequence[str], since: datetime
) -> ListPoll:
    """Without a vendor call: the worker reads what is open, and other pages do."""
    reading = search_reading(key=key, now=timezone.now())
    rows: tuple[Row, ...] = ()
    attention, new, total = None, 0, None
    if not reading.failure:
        rows, attention, as_of = rows_again(key=key, names=shown)
        reading = replace(reading, as_of=as_of or reading.as_of)
    if not reading.failure and filters.is_first_page and shown:
        # what needs somebody is new whenever it was created; of all others those created since
        after = None if filters.attention else since
        new = find_ids(key=key, filters=filters, without=shown, since=after)[1]
        total = find_ids(key=key, filters=replace(filters, limit=1))[1]
    return ListPoll(
        rows=rows,
        reading=reading,
        new=new,
        attention=attention,
        total=total,
        tab_totals={},
        poll_seconds=stored_pace(reading, rows),
    )


def _search_poll(
    key: KeyHandle,
    filters: ListFilters,
    shown: Sequence[str],
    since: datetime,
    rows: tuple[Row, ...],
    reading: Reading[BatchPage],
    known: KnownPage,
) -> ListPoll:
    """The rows of a search as they are now, and the number of new matches."""
    now = timezone.now()
    is_lost = is_refused(reading)
    coverage = None if is_lost else coverage_of(key=key)
    # new names are counted against the first page only: later pages begin at a row
    may_grow = bool(shown) and filters.is_first_page and not is_lost
    unread = any(row.is_unread for row in rows)
    pace_now = search_pace(reading, rows, coverage, now)
    return ListPoll(
        rows=rows,
        reading=reading,
        attention=known.attention,
        new=count_found_since(key=key, filters=filters, shown=shown, since=since)
        if may_grow
        else 0,
        tab_totals={},
        poll_seconds=pace_of(rows, reading, now) if unread else pace_now,
        coverage=coverage,
        total=None if is_lost else count_matching(key=key, filters=filters),
    )


def _wants_statuses(listing: Reading[BatchPage], now: datetime) -> bool:
    """Whether this poll reads statuses: the list has no counts and is less than a minute old."""
    # the list itself has to be read first
    if listing.data is None or listing.as_of is None or listing.is_stale:
        return False
    is_recent = not is_older(listing.as_of, now=now, than=NEWS_EVERY)
    return is_recent and batch_rows.lacks_counts(listing.data.batches)


def _rows(
    key: KeyHandle,
    shown: Sequence[str],
    listing: Reading[BatchPage],
    seen: Mapping[str, SeenBatch] | None,
    known: KnownPage,
    *,
    searching: bool,
) -> tuple[Row, ...]:
    """Every row shown: from the list where it contains the batch, else from the records."""
    batches = listing.data.batches if listing.data else ()
    listed = {batch.name: batch for batch in batches}
    if seen is None:
        seen = batch_rows.find_beyond(key=key, names=shown, listing=listing, known=known)
    rows = []
    for name in shown:
        if name in listed:
            was = seen.get(name)
            rows.append(batch_rows.from_vendor(listed[name], was, listing, known))
        elif name in seen:
            mark = LEFT if not searching and _has_left(seen[name], listing) else ""
            rows.append(batch_rows.from_seen(seen[name], known, mark=mark))
    return tuple(rows)


def _has_left(row: SeenBatch, reading: Reading[BatchPage]) -> bool:
    """Whether the batch left the list, and was not only moved to the next page by new ones."""
    page = reading.data
    if page is None or reading.is_stale or row.created_at is None:
        return False
    last = page.batches[-1].created_at if page.batches else None
    # older batches are on the page, so this one would be too if it still matched
    return not page.has_more or (last is not None and last < row.created_at)


def _count_new(
    key: KeyHandle,
    filters: ListFilters,
    shown: Sequence[str],
    since: datetime,
    listing: Reading[BatchPage],
    deadline: Deadline,
) -> int:
    """Number of batches that are newer than the page and not on it."""
    if not filters.is_first_page:
        # new batches are on the first page: a later page reads that once a minute, in its poll
        listing = read_page(
            key=key,
            filters=filters.first_page(),
            now=timezone.now(),
            ask=lambda query: _ask(key, deadline, replace(query, fresh=NEWS_EVERY)),
        ).reading
    batches = listing.data.batches if listing.data else ()
    known = set(shown)
    return sum(
        # by time, as a batch that comes up from the next page is not new
        batch.name not in known and batch.created_at is not None and batch.created_at > since
        for batch in batches
    )
