"""A whole list, page by page, newest first. Pages follow each other as with "Older".

NotExported
├── AlreadyExporting   the person's last export is still running
├── TooManyExports     this process runs as many exports as it may
└── FirstPageUnread    `reading` says why
"""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import blake2b
from typing import Generic, TypeVar

from django.contrib.auth.models import User
from django.db import Error
from django.utils import timezone

from batches.models import ExportLease
from batches.refonte import BatchPage, Outcome
from batches.services import clock, leases
from batches.services.batches.export_pages import Bound, Cut, ExportPage
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList, read_rows
from batches.services.batches.rows import Row
from batches.services.batches.search import search_on
from batches.services.batches.stored import read_stored
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

P = TypeVar("P")

# Renewed with each page: longer than a page takes to read, and than most browsers take to fetch it.
LEASE_LENGTH = timedelta(minutes=1)
ROWS_AT_MOST = 10_000
# Ten times what full pages need, as a vendor may give fewer rows than asked for.
CALLS_AT_MOST = 1_000
TOLD_AT_MOST = 600  # characters
BYTES_AT_MOST = 512 * 1024 * 1024  # read from the vendor
ROWS_A_CALL = 100  # the vendor gives no more
ROWS_A_SEARCH = 1_000  # large, as each page compares all names; costs no vendor call


class NotExported(Exception):  # noqa: N818 - it names a state
    """message: for people. retry_after: in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.message, self.retry_after = message, retry_after


class AlreadyExporting(NotExported):
    def __init__(self) -> None:
        message = (
            "Your last export is still under way. Try again when it is done, or stop that download."
        )
        super().__init__(message, retry_after=5)


class TooManyExports(NotExported):
    def __init__(self) -> None:
        message = "Too many exports are running. Try again in a minute."
        super().__init__(message, retry_after=30)


class FirstPageUnread(NotExported):
    def __init__(self, reading: Reading[BatchPage]) -> None:
        wait = reading.next_try and (reading.next_try - timezone.now()).total_seconds()
        super().__init__("The list could not be read.", retry_after=max(1, int(wait or 0)))
        self.reading = reading


class Pages(Generic[P]):
    """The pages of one export, for `export_list`'s caller to read to the end or to close.

    The person can begin no other export before that, or before the lease has ended. No generator:
    one never closed would release its lease when memory is collected, perhaps within another
    statement of the same connection, for which it would wait for ever.
    """

    def __init__(self, pages: Iterator[P], slot: ExitStack, lease: LeaseHandle) -> None:
        self._pages, self._slot, self._lease = pages, slot, lease

    def __iter__(self) -> "Pages[P]":
        return self

    def __next__(self) -> P:
        try:
            return next(self._pages)
        except BaseException:  # the end, too
            self.close()
            raise

    def tell(self, words: str) -> None:
        """Keep what the file lacks, for `told_of_last`."""
        with suppress(Error):  # the file says it too
            self._lease.rows.update(told=words[:TOLD_AT_MOST])

    def close(self) -> None:
        self._pages = iter(())
        self._slot.close()


def export_list(*, user: User, key: KeyHandle, filters: ListFilters) -> Pages[ExportPage]:
    """Begin an export and read its first page. Raises NotExported."""
    size = ROWS_A_SEARCH if filters.q or filters.is_stored else ROWS_A_CALL
    with ExitStack() as slot:
        export = _Export(user, key, take_slot(user, slot))
        listing = export.read(key, replace(filters.first_page(), limit=size))
        if listing.reading.failure:
            raise FirstPageUnread(listing.reading)
        return Pages(export.walk(listing), slot.pop_all(), export.lease)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Of a person's last export. words: what its file lacks; empty where it lacks nothing."""

    is_under_way: bool
    words: str = ""


def told_of_last(*, user: User) -> Told:
    """What the person's last export lacks, as `Pages.tell` has kept it."""
    row = ExportLease.objects.filter(user=user).first()
    if row is None or not clock.has_passed(row.until, now=timezone.now(), at_most=LEASE_LENGTH):
        return Told(is_under_way=row is not None)
    return Told(is_under_way=False, words=row.told)


def take_slot(user: User, slot: ExitStack) -> LeaseHandle:
    """One export for each person over all processes, and a limited number in this process."""
    try:
        # an export keeps its thread to the end: a quarter of the threads at most (`calls.EXPORTS`)
        slot.enter_context(safeguards().exports.take(user.pk))
    except SlotInUse:
        raise AlreadyExporting from None
    except AllSlotsInUse:
        raise TooManyExports from None
    # a row in the database, as other processes do not know the slots of this one
    lease = leases.acquire(ExportLease, length=LEASE_LENGTH, user_id=user.pk)
    if lease is None:
        raise AlreadyExporting
    slot.callback(_release, lease)
    lease.rows.update(told="")
    return lease


def _release(lease: LeaseHandle) -> None:
    with suppress(Error):  # else it ends with its time
        lease.release()


@dataclass
class _Export:
    """One export: what it has read so far, and where batches may be missing."""

    user: User
    key: KeyHandle
    lease: LeaseHandle
    # digests, as a name may have 1,024 characters and an export 10,000 rows
    names: set[bytes] = field(default_factory=set)
    calls: int = 0
    bytes_read: int = 0
    unread: int = 0
    is_unsure: bool = False
    last_found: Row | None = None  # only in a search: the next page begins after it
    found: int | None = None

    def walk(self, listing: BatchList) -> Iterator[ExportPage]:
        while True:
            # rows at the end of a page come again on the next one (see `paging`)
            news = [row for row in listing.rows if _name_digest(row) not in self.names]
            rows = news[: ROWS_AT_MOST - len(self.names)]
            self.names.update(map(_name_digest, rows))
            self.unread += listing.page.unread
            self.is_unsure |= listing.page.is_unsure
            yield ExportPage(rows=rows, as_of=listing.reading.as_of)
            bound = self._bound(is_more=bool(listing.older) or len(news) > len(rows))
            if bound or listing.older is None:
                failure = _nothing_new() if listing.page.is_stuck else _unsure_search(listing)
                yield from self._end(listing, bound=bound, failure=failure)
                return
            # a vendor that sends the same page again and again would be asked without end
            is_new = news or listing.page.unread
            following = self._read_next(listing.older) if is_new else _nothing_new()
            if isinstance(following, Failure):
                yield from self._end(listing, failure=following)
                return
            listing = following

    def read(self, key: KeyHandle, filters: ListFilters) -> BatchList:
        """One page."""
        if filters.is_stored:
            return read_stored(key=key, filters=filters)
        if filters.q:
            return self._search(key, filters)

        def ask(query: Query[BatchPage]) -> Reading[BatchPage]:
            # a deadline for each call: one for the whole export would end it after some pages
            deadline = new_deadline()
            # past the cache: a file has no use for old answers, and its pages would push others out
            reading = read_direct(key=key, query=query, kind=Kind.PAGE, deadline=deadline)
            self.calls += 1
            self.bytes_read += reading.size
            return reading

        return read_rows(key=key, filters=filters, ask=ask)

    def _search(self, key: KeyHandle, filters: ListFilters) -> BatchList:
        listing = search_on(key=key, filters=filters, after=self.last_found)
        # the total comes with the first page only
        if self.last_found is None:
            self.found = listing.total
        self.last_found = listing.rows[-1] if listing.rows else self.last_found
        return replace(listing, total=self.found)

    def _read_next(self, filters: ListFilters) -> BatchList | Failure:
        """The next page, if account and key may still read."""
        # a browser may fetch so slowly that the lease ended, and the person began another export
        if not self.lease.renew():
            return _failure(Outcome.BUSY, "You began another download while this one paused.")
        if not may_still_read(self.user):
            return _failure(Outcome.BUSY, "Your account can no longer read.")
        # read again, as a key can be deleted, unshared or throttled while the file is written
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
        """The last page with what may be missing; none where the file is complete for certain."""
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


def _name_digest(row: Row) -> bytes:
    """16 bytes in place of a name of any length."""
    return blake2b(row.name.encode(errors="surrogatepass"), digest_size=16).digest()


def _unsure_search(listing: BatchList) -> Failure | None:
    """Why a search may have missed batches: it finds only what was recorded so far."""
    if listing.filters.sort:
        return _failure(Outcome.BUSY, "only batches known here were sorted")
    coverage = listing.coverage
    if coverage is None or coverage.is_complete:
        return None
    if coverage.is_watched:
        return _failure(Outcome.BUSY, "the list is still being read")
    return _failure(Outcome.BUSY, "only batches seen here before were searched")


def _nothing_new() -> Failure:
    return _failure(Outcome.BAD_ANSWER, "the same batches again")


def _failure(outcome: Outcome, message: str) -> Failure:
    return Failure(outcome=outcome, message=message, since=timezone.now())
