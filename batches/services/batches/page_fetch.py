"""Ask for a page of the list until it is answered with one that can be used.

Where an answer is too large the page is halved, and what fitted is remembered. Where the vendor
does not keep to the moment that a page is asked up to, the page is counted in rows.
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

# Of the most that is read: rows differ, and an answer that does not fit costs a call.
FILLED = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """A page as it was read.

    filters: those that were asked in the end; a poll that asks with them needs one call.
    page: empty where nothing is known.
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
        """A full page would not have fitted into one answer, and there are rows for one."""
        return self.page.older is not None and self.query.limit < self.filters.rows_wanted


def vendor_query(*, key: KeyHandle, filters: ListFilters, now: datetime) -> ListQuery:
    """What to ask for a page: all its rows, or as many as fitted lately."""
    place = (key.fingerprint, filters)
    return filters.query(now, safeguards().page_sizes.fitting(place, filters.rows_wanted))


def read_page(*, key: KeyHandle, filters: ListFilters, now: datetime, ask: Ask) -> FetchedPage:
    """One page, mostly in one call. `ask` says how: from the cache, for a poll, or past both."""
    listing = _read_fitting(key, filters, now, ask)
    data = listing.reading.data
    if data and breaks_bound(filters, listing.query, data):
        counted = _read_fitting(key, filters.counted_in_rows(), now, ask)
        if is_beyond(listing.query, data):
            page = replace(counted.page, counted=Counted.BOUND_IGNORED)
            counted = replace(counted, page=page)
        listing = counted
    if listing.is_shortened:
        _expect_alike(key, listing)
    return listing


def _read_fitting(key: KeyHandle, filters: ListFilters, now: datetime, ask: Ask) -> FetchedPage:
    """Halved until it fits: at most seven tries, as a page has at most a hundred rows.

    Each is noted, so that where time runs out the next look goes on from there.
    """
    place, sizes = (key.fingerprint, filters), safeguards().page_sizes
    query = whole = vendor_query(key=key, filters=filters, now=now)
    reading = first = ask(list_query(query))
    while query.limit > 1 and _is_too_large(reading):
        query = filters.query(now, query.limit // 2)
        sizes.note(place, query.limit)
        reading = ask(list_query(query))
    if _is_too_large(reading):
        # not even one row fits, as of an answer without an end: the last known page stands
        sizes.forget(place)
        return FetchedPage.of(filters, whole, first)
    return FetchedPage.of(filters, query, reading)


def _is_too_large(reading: Reading[BatchPage]) -> bool:
    return reading.failure is not None and reading.failure.is_too_large


def _page(filters: ListFilters, query: ListQuery, reading: Reading[BatchPage]) -> ListPage:
    """Made once an answer, as a poll mostly finds the same one again."""
    if reading.data is None:
        return ListPage()
    made: tuple[object, ListPage] | None = reading.memo.get("page")
    if made is None or made[0] != (filters, query):
        made = (filters, query), page_of(filters, query, reading.data)
        reading.memo["page"] = made
    return made[1]


def _expect_alike(key: KeyHandle, listing: FetchedPage) -> None:
    """The rows of the next page are taken to be as large as these, on the average."""
    older, reading = listing.page.older, listing.reading
    if older is None or reading.data is None or reading.is_stale:
        return
    size = reading.size or len(json.dumps(reading.payload))
    rows = int(FILLED * MAX_BODY * reading.data.rows_received / max(1, size))
    rows = max(rows, listing.query.limit)
    if rows < older.rows_wanted:
        safeguards().page_sizes.note((key.fingerprint, older), rows)
