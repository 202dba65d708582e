"""A list as a whole, page by page, newest first: the way "Older" goes, with the same anchors.

NotExported
├── AlreadyExporting   the person's last export is still under way
├── TooManyExports     as many are under way as may be
└── FirstPageUnread    `reading` says why
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from django.contrib.auth.models import User
from django.utils import timezone

from batches.refonte import BatchPage, Outcome
from batches.services import vendor
from batches.services.batch_list import BatchList, read_list
from batches.services.batch_rows import Row
from batches.services.batch_search import search_seen
from batches.services.filters import ListFilters
from batches.services.guards import Full, TurnTaken
from batches.services.keys import choose_key
from batches.services.page_key import PageKey
from batches.services.readings import Failure, Reading
from batches.services.roles import may_still_read

ROWS_AT_MOST = 10_000
ROWS_A_CALL = 100
ROWS_A_SEARCH = 1_000  # looks through all names for each page, and asks nobody


class NotExported(Exception):  # noqa: N818 - it says what is so
    """`words` are for people, `retry_after` in seconds."""

    def __init__(self, words: str, *, retry_after: int) -> None:
        super().__init__(words)
        self.words, self.retry_after = words, retry_after


class AlreadyExporting(NotExported):
    def __init__(self) -> None:
        words = "Your last export is still under way."
        super().__init__(
            f"{words} Try again when it is done, or stop that download.", retry_after=5
        )


class TooManyExports(NotExported):
    def __init__(self) -> None:
        words = "Others are exporting just now, as many as may at once. Try again in a minute."
        super().__init__(words, retry_after=30)


class FirstPageUnread(NotExported):
    def __init__(self, reading: Reading[BatchPage]) -> None:
        wait = reading.next_try and (reading.next_try - timezone.now()).total_seconds()
        super().__init__("The list could not be read.", retry_after=max(1, int(wait or 0)))
        self.reading = reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Why an export ends before its list does.

    failure: None where it is as long as one may be.
    written, total: rows, as far as the vendor told how many there are.
    """

    failure: Failure | None
    written: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """The rows of one page that were on none before it. as_of: when the vendor gave it.

    cut: only on the last, where more should follow.
    """

    rows: Sequence[Row] = ()
    as_of: datetime | None = None
    cut: Cut | None = None


Pages = Generator[ExportPage, None, None]


def export_list(*, user: User, key: PageKey, filters: ListFilters) -> Pages:
    """Begin an export: the first page is read. Until it is walked to its end, or closed, the
    person begins no other. Raises NotExported.
    """
    pages = _begun(user, key, filters)
    next(pages)
    return pages


def _begun(user: User, key: PageKey, filters: ListFilters) -> Pages:
    """The first page it gives is empty: by then it has begun."""
    size = ROWS_A_SEARCH if filters.q else ROWS_A_CALL
    with _turn(user):
        listing = _read(key, replace(filters.first_page(), limit=size))
        if listing.reading.failure:
            raise FirstPageUnread(listing.reading)
        yield ExportPage()
        yield from _walk(user, key, listing)


@contextmanager
def _turn(user: User) -> Iterator[None]:
    try:
        with vendor.guards().exports.take(user.pk):
            yield
    except TurnTaken:
        raise AlreadyExporting from None
    except Full:
        raise TooManyExports from None


def _walk(user: User, key: PageKey, listing: BatchList) -> Iterator[ExportPage]:
    names: set[bytes] = set()
    while True:
        news = [row for row in listing.rows if _mark(row) not in names]
        rows = news[: ROWS_AT_MOST - len(names)]
        names.update(map(_mark, rows))
        yield ExportPage(rows=rows, as_of=listing.reading.as_of)
        if len(names) == ROWS_AT_MOST and (listing.older or len(news) > len(rows)):
            yield _cut(None, len(names), listing)
            return
        if listing.older is None:
            if unsure := _unsure(listing):
                yield _cut(unsure, len(names), listing)
            return
        following = _read_next(user, key, listing.older) if news else _nothing_new()
        if isinstance(following, Failure):
            yield _cut(following, len(names), listing)
            return
        listing = following


def _mark(row: Row) -> bytes:
    """Stands for its name, which may be of any length."""
    return blake2b(row.name.encode(errors="surrogatepass"), digest_size=16).digest()


def _read_next(user: User, key: PageKey, filters: ListFilters) -> BatchList | Failure:
    """Account and key are looked up for each page: since the last one either may have lost its
    right to read, or the key been told to wait.
    """
    if not may_still_read(user):
        return _failure(Outcome.BUSY, "Your account may not read any more.")
    now = choose_key(user=user, ref=key.ref).key
    if now is None or now.fingerprint != key.fingerprint:
        return _failure(Outcome.BUSY, "The key is not open to you any more.")
    listing = _read(now, filters)
    return listing.reading.failure or listing


def _read(key: PageKey, filters: ListFilters) -> BatchList:
    """One page in its own time; the bulkhead counts it while the vendor is asked."""
    read = search_seen if filters.q else read_list
    return read(key=key, filters=filters)


def _unsure(listing: BatchList) -> Failure | None:
    """Why a search may have missed batches: it knows only what was read or shown so far."""
    coverage = listing.coverage
    if coverage is None or coverage.is_complete:
        return None
    if coverage.is_watched:
        return _failure(Outcome.BUSY, "the list is still being read")
    return _failure(Outcome.BUSY, "only batches seen here before were searched")


def _cut(failure: Failure | None, written: int, listing: BatchList) -> ExportPage:
    return ExportPage(cut=Cut(failure=failure, written=written, total=listing.total))


def _nothing_new() -> Failure:
    """A vendor that gives one page over and over would be asked for ever."""
    return _failure(Outcome.BAD_ANSWER, "the same batches again")


def _failure(outcome: Outcome, words: str) -> Failure:
    return Failure(outcome=outcome, words=words, since=timezone.now())
