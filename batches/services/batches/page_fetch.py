"""Reads one page of the vendor's list: with fewer rows where an answer is too large, and by row
number where the vendor ignores the time bound.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from batches.refonte import MAX_BODY, BatchPage, ListQuery
from batches.services.batches.filters import ListFilters
from batches.services.batches.paging import Counted, ListPage, breaks_bound, is_beyond, page_of
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import Query, list_query
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import safeguards

Ask = Callable[[Query[BatchPage]], Reading[BatchPage]]

# Share of `MAX_BODY` to aim at: rows differ in size, and an answer that does not fit costs a call.
FILLED = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page as it was read.

    filters: those that were asked in the end; a poll that asks with them needs one call.
    page: empty where no answer is known.
    """

    filters: ListFilters
    query: ListQuery
    reading: Reading[BatchPage]
    page: ListPage

    @classmethod
    def of(
        cls, filters: ListFilters, query: ListQuery, reading: Reading[BatchPage]
    ) -> "FetchedPage":
        return cls(
            filters=filters, query=query, reading=reading, page=_page(filters, query, reading)
        )

    @property
    def is_shortened(self) -> bool:
        """Whether a full page did not fit into one answer, though the list has rows for it."""
        return self.page.older is not None and self.query.limit < self.filters.rows_wanted


def vendor_query(*, key: KeyHandle, filters: ListFilters, now: datetime) -> ListQuery:
    """The query for a page: all its rows, or as many as fitted in the last hour."""
    place = (key.fingerprint, filters)
    return filters.query(now, safeguards().fitting_rows.fitting(place, filters.rows_wanted))


def read_page(*, key: KeyHandle, filters: ListFilters, now: datetime, ask: Ask) -> FetchedPage:
    """One page, mostly with one call.

    ask: reads a query, through the cache or past it.
    """
    listing = _read_fitting(key, filters, now, ask)
    data = listing.reading.data
    # A vendor that ignores `end_time` sends the first rows again: only a row number gets further.
    if data and breaks_bound(filters, listing.query, data):
        counted = _read_fitting(key, filters.counted_in_rows(), now, ask)
        if is_beyond(listing.query, data):
            # the page warns its reader that rows may shift, and why
            page = replace(counted.page, counted=Counted.BOUND_IGNORED)
            counted = replace(counted, page=page)
        listing = counted
    if listing.is_shortened:
        _expect_alike(key, listing)
    return listing


def _read_fitting(key: KeyHandle, filters: ListFilters, now: datetime, ask: Ask) -> FetchedPage:
    """The page, with half as many rows after each answer that was too large."""
    place, sizes = (key.fingerprint, filters), safeguards().fitting_rows
    query = whole = vendor_query(key=key, filters=filters, now=now)
    reading = first = ask(list_query(query))
    # at most seven calls, as a page has at most 100 rows
    while query.limit > 1 and _is_too_large(reading):
        query = filters.query(now, query.limit // 2)
        # noted before the call: where the deadline ends it, the next poll starts with this size
        sizes.note(place, query.limit)
        reading = ask(list_query(query))
    if _is_too_large(reading):
        # one row alone is too large, or the answer never ends: show the last known page
        sizes.forget(place)
        return FetchedPage.of(filters, whole, first)
    return FetchedPage.of(filters, query, reading)


def _is_too_large(reading: Reading[BatchPage]) -> bool:
    return reading.failure is not None and reading.failure.is_too_large


def _page(filters: ListFilters, query: ListQuery, reading: Reading[BatchPage]) -> ListPage:
    if reading.data is None:
        return ListPage()
    # kept with the answer: most polls find the same answer in the cache again
    memo: tuple[object, ListPage] | None = reading.memo.get("page")
    # several filters can lead to one query, as only the number of `shown` is sent
    if memo is None or memo[0] != (filters, query):
        memo = (filters, query), page_of(filters, query, reading.data)
        reading.memo["page"] = memo
    return memo[1]


def _expect_alike(key: KeyHandle, listing: FetchedPage) -> None:
    """Note how many rows of the next page fit, if they are as large as these on average."""
    older, reading = listing.page.older, listing.reading
    if older is None or reading.data is None or reading.is_stale:
        return
    size = reading.size or len(json.dumps(reading.payload))
    rows = int(FILLED * MAX_BODY * reading.data.rows_received / max(1, size))
    # this many fitted just now, even where the average gives fewer
    rows = max(rows, listing.query.limit)
    if rows < older.rows_wanted:
        safeguards().fitting_rows.note((key.fingerprint, older), rows)
