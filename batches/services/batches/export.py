"""A list as a whole, page by page, newest first: the way "Older" goes, with the same anchors.

Its pages are read past the cache and stored nowhere, and one is in memory at a time: what a file
takes does not grow with its length.

NotExported
├── AlreadyExporting   the person's last export is still under way
├── TooManyExports     as many are under way as may be
└── FirstPageUnread    `reading` says why
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from django.contrib.auth.models import User
from django.db import Error
from django.utils import timezone

from batches.models import ExportLease
from batches.refonte import BatchPage, Outcome
from batches.services import leases
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList, read_rows
from batches.services.batches.rows import Row
from batches.services.batches.search import search_on
from batches.services.cache.entry import Failure
from batches.services.keys.choose import choose_key
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle
from batches.services.people.roles import may_still_read
from batches.services.readings.direct import read_direct
from batches.services.readings.queries import Query
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline, safeguards
from batches.services.vendor.export_slots import AllSlotsInUse, SlotInUse

# Renewed with each page: longer than a page takes to read, and than most browsers take to fetch it.
LEASE_LENGTH = timedelta(minutes=1)
ROWS_AT_MOST = 10_000
CALLS_AT_MOST = 1_000
BYTES_AT_MOST = 512 * 1024 * 1024  # that are read from the vendor
ROWS_A_CALL = 100
ROWS_A_SEARCH = 1_000  # looks through all names for each page, and asks nobody


class NotExported(Exception):  # noqa: N818 - it says what is so
    """message: for people. retry_after: in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.message, self.retry_after = message, retry_after


class AlreadyExporting(NotExported):
    def __init__(self) -> None:
        words = "Your last export is still under way."
        super().__init__(
            f"{words} Try again when it is done, or stop that download.", retry_after=5
        )


class TooManyExports(NotExported):
    def __init__(self) -> None:
        words = "Too many exports are running. Try again in a minute."
        super().__init__(words, retry_after=30)


class FirstPageUnread(NotExported):
    def __init__(self, reading: Reading[BatchPage]) -> None:
        wait = reading.next_try and (reading.next_try - timezone.now()).total_seconds()
        super().__init__("The list could not be read.", retry_after=max(1, int(wait or 0)))
        self.reading = reading


class Bound(StrEnum):
    """What one export may take, where it ends there."""

    ROWS = "rows"
    CALLS = "calls"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Why an export may lack some of its list.

    bound: which one it reached. failure: why the next page could not be read.
    unread: rows that had no usable name. told_total: the list ended below it.
    is_unsure: batches may have been missed where rows had to be counted.
    written, total: rows, as far as the vendor told how many there are.
    """

    bound: Bound | None = None
    failure: Failure | None = None
    unread: int = 0
    told_total: int | None = None
    is_unsure: bool = False
    written: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """The rows of one page that were on none before it. as_of: when the vendor gave it.

    cut: only on the last, where anything is missing or may be.
    """

    rows: Sequence[Row] = ()
    as_of: datetime | None = None
    cut: Cut | None = None


Pages = Generator[ExportPage, None, None]


def export_list(*, user: User, key: KeyHandle, filters: ListFilters) -> Pages:
    """Begin an export: the first page is read. Until it is walked to its end, or closed, the
    person begins no other. Raises NotExported.
    """
    pages = _begun(user, key, filters)
    next(pages)
    return pages


def _begun(user: User, key: KeyHandle, filters: ListFilters) -> Pages:
    """The first page it gives is empty: by then it has begun."""
    size = ROWS_A_SEARCH if filters.q else ROWS_A_CALL
    with _turn(user) as lease:
        export = _Export(user, key, lease)
        listing = export.read(key, replace(filters.first_page(), limit=size))
        if listing.reading.failure:
            raise FirstPageUnread(listing.reading)
        yield ExportPage()
        yield from export.walk(listing)


@contextmanager
def _turn(user: User) -> Iterator[LeaseHandle]:
    """One a person over all processes, and only so many in this one."""
    try:
        with safeguards().exports.take(user.pk):
            lease = leases.acquire(ExportLease, length=LEASE_LENGTH, user_id=user.pk)
            if lease is None:
                raise AlreadyExporting
            try:
                yield lease
            finally:
                with suppress(Error):  # where the database is gone, the lease ends by itself
                    lease.release()
    except SlotInUse:
        raise AlreadyExporting from None
    except AllSlotsInUse:
        raise TooManyExports from None


@dataclass
class _Export:
    """One walk through a list: what it has taken, and what it could not be sure of."""

    user: User
    key: KeyHandle
    lease: LeaseHandle
    names: set[bytes] = field(default_factory=set)
    calls: int = 0
    bytes_read: int = 0
    unread: int = 0
    is_unsure: bool = False
    last_found: Row | None = None  # of a search, which goes on behind it
    found: int | None = None

    def walk(self, listing: BatchList) -> Iterator[ExportPage]:
        while True:
            news = [row for row in listing.rows if _mark(row) not in self.names]
            rows = news[: ROWS_AT_MOST - len(self.names)]
            self.names.update(map(_mark, rows))
            self.unread += listing.page.unread
            self.is_unsure |= listing.page.is_unsure
            yield ExportPage(rows=rows, as_of=listing.reading.as_of)
            bound = self._bound(is_more=bool(listing.older) or len(news) > len(rows))
            if bound or listing.older is None:
                failure = _nothing_new() if listing.page.is_stuck else _unsure_search(listing)
                yield from self._end(listing, bound=bound, failure=failure)
                return
            is_new = news or listing.page.unread
            following = self._read_next(listing.older) if is_new else _nothing_new()
            if isinstance(following, Failure):
                yield from self._end(listing, failure=following)
                return
            listing = following

    def read(self, key: KeyHandle, filters: ListFilters) -> BatchList:
        """One page; each call in its own time, and counted by the bulkhead meanwhile."""
        if filters.q:
            return self._search(key, filters)

        def ask(query: Query[BatchPage]) -> Reading[BatchPage]:
            deadline = new_deadline()
            reading = read_direct(key=key, query=query, kind=Kind.PAGE, deadline=deadline)
            self.calls += 1
            self.bytes_read += reading.size
            return reading

        return read_rows(key=key, filters=filters, ask=ask)

    def _search(self, key: KeyHandle, filters: ListFilters) -> BatchList:
        listing = search_on(key=key, filters=filters, after=self.last_found)
        if self.last_found is None:
            self.found = listing.total
        self.last_found = listing.rows[-1] if listing.rows else self.last_found
        return replace(listing, total=self.found)

    def _read_next(self, filters: ListFilters) -> BatchList | Failure:
        """Account and key are looked up for each page: since the last one either may have lost its
        right to read, or the key been told to wait.
        """
        if not self.lease.renew():
            return _failure(Outcome.BUSY, "You began another download while this one paused.")
        if not may_still_read(self.user):
            return _failure(Outcome.BUSY, "Your account can no longer read.")
        now = choose_key(user=self.user, ref=self.key.ref).key
        if now is None or now.fingerprint != self.key.fingerprint:
            return _failure(Outcome.BUSY, "You can no longer use this key.")
        listing = self.read(now, filters)
        return listing.reading.failure or listing

    def _bound(self, *, is_more: bool) -> Bound | None:
        if not is_more:
            return None
        taken = {
            Bound.ROWS: len(self.names) >= ROWS_AT_MOST,
            Bound.CALLS: self.calls >= CALLS_AT_MOST,
            Bound.BYTES: self.bytes_read >= BYTES_AT_MOST,
        }
        return next((bound for bound, is_reached in taken.items() if is_reached), None)

    def _end(
        self, listing: BatchList, *, bound: Bound | None = None, failure: Failure | None = None
    ) -> Iterator[ExportPage]:
        """Nothing where the file is whole for sure."""
        told_total = listing.page.told_total
        if bound or failure or self.unread or self.is_unsure or told_total:
            cut = Cut(
                bound=bound,
                failure=failure,
                unread=self.unread,
                told_total=told_total,
                is_unsure=self.is_unsure,
                written=len(self.names),
                total=listing.total,
            )
            yield ExportPage(cut=cut)


def _mark(row: Row) -> bytes:
    """Stands for its name, which may be of any length."""
    return blake2b(row.name.encode(errors="surrogatepass"), digest_size=16).digest()


def _unsure_search(listing: BatchList) -> Failure | None:
    """Why a search may have missed batches: it knows only what was read or shown so far."""
    coverage = listing.coverage
    if coverage is None or coverage.is_complete:
        return None
    if coverage.is_watched:
        return _failure(Outcome.BUSY, "the list is still being read")
    return _failure(Outcome.BUSY, "only batches seen here before were searched")


def _nothing_new() -> Failure:
    """A vendor that gives one page over and over would be asked for ever."""
    return _failure(Outcome.BAD_ANSWER, "the same batches again")


def _failure(outcome: Outcome, message: str) -> Failure:
    return Failure(outcome=outcome, message=message, since=timezone.now())
