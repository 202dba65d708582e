"""A page of a list of any kind: Refonte's own, a search, or one that is made of records alone."""

from dataclasses import replace

from batches.services.batches.exact_name import NOT_ASKED, ExactName
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList, read_list
from batches.services.batches.search import search_seen
from batches.services.batches.stored import read_stored
from batches.services.batches.sums import sum_of
from batches.services.keys.types import KeyHandle


def read_any_list(
    *, key: KeyHandle, filters: ListFilters, exact: ExactName = NOT_ASKED
) -> BatchList:
    """With its sum. exact: the result of `find_exact` just before, for a search."""
    listing = _read(key, filters, exact)
    found = sum_of(
        key=key,
        filters=listing.filters,
        rows=listing.rows,
        total=listing.total,
        is_whole=listing.filters.is_first_page and listing.older is None,
    )
    return replace(listing, sum=found)


def _read(key: KeyHandle, filters: ListFilters, exact: ExactName) -> BatchList:
    if filters.is_stored:
        return read_stored(key=key, filters=filters)
    if filters.q:
        return search_seen(key=key, filters=filters, exact=exact)
    return read_list(key=key, filters=filters)
