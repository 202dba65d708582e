"""How far a list is read: changes of a walk's row, after each page. The caller has the lease."""

from collections.abc import Container
from datetime import datetime, timedelta

from django.db.models import QuerySet

from batches.models import Walk, WalkPurpose
from batches.models.names import name_digest
from batches.refonte import LIMIT_MAX, BadAnswer, BatchPage, RefonteError
from batches.services import clock
from batches.services.walks.paging import Position, next_position

NEW_EVERY = timedelta(minutes=1)
# A new batch may show late, and the vendor's machines may have different clocks.
OVERLAP = timedelta(minutes=10)
FIRST_WAIT, LONGEST_WAIT = 5, 60  # seconds after a failure
LONGEST_PAUSE = timedelta(minutes=5)  # where Refonte asked to wait longer than these
PAGE_SIZE_STEP = 10  # rows; after an answer that was too large
SAME_PAGE = "Refonte repeated a page, so older batches may be missing."


def due_walks(fingerprints: tuple[str, ...], now: datetime) -> QuerySet[Walk]:
    """Walks whose next page is due; those at their end have no time for one."""
    is_due = clock.passed("next_at", now=now, at_most=LONGEST_PAUSE)
    return Walk.objects.filter(is_due, fingerprint__in=fingerprints, next_at__isnull=False)


def begin(fingerprint: str, now: datetime) -> None:
    """Of a key that was never read with. The walk for new batches begins after a first page."""
    first = Walk(fingerprint=fingerprint, purpose=WalkPurpose.ALL, next_at=now)
    Walk.objects.bulk_create([first], ignore_conflicts=True)


def note_page(
    walk: Walk, page: BatchPage, *, known: Container[str], brings_news: bool, at: datetime
) -> None:
    """Move to the next page, or to the end.

    known: names of the page that were known before. brings_news: whether it has others.
    """
    here = Position(before=walk.before, offset=walk.offset, by_offset=walk.by_offset)
    if here in (Position(), Position(by_offset=True)):
        _start(walk, page, at)
    walk.calls += 1
    walk.rows_read += page.rows_received - _count_repeated(here, page, known)
    walk.failure, walk.failures = "", 0
    walk.page_size = min(LIMIT_MAX, walk.page_size + PAGE_SIZE_STEP)
    following, names = next_position(here, page), _digest(page)
    # the vendor ignores the offset too: without this, the same page would be read for ever
    if following and here.offset and names == walk.last_page:
        walk.failure, following = SAME_PAGE, None
    walk.last_page = names
    is_new = walk.purpose == WalkPurpose.NEW
    if following is None or (is_new and _reaches_known(walk, page, brings_news)):
        _end(walk, at)
    else:
        _move(walk, following, at)
    walk.save()


def note_failure(walk: Walk, error: RefonteError, now: datetime) -> None:
    """Try the same page again, after 5 s doubling to a minute. A page too large is halved."""
    if isinstance(error, BadAnswer):
        walk.page_size = max(1, walk.page_size // 2)
    walk.calls += 1
    walk.failures += 1
    walk.failure = error.message[:300]
    wait = min(LONGEST_WAIT, FIRST_WAIT << min(walk.failures - 1, 10))
    walk.next_at = now + timedelta(seconds=max(wait, error.retry_after or 0))
    walk.save()


def _start(walk: Walk, page: BatchPage, at: datetime) -> None:
    walk.started_at, walk.rows_read, walk.last_page = at, 0, ""
    walk.reported_total = page.total
    times = [batch.created_at for batch in page.batches if batch.created_at]
    # a time in the future would count all batches before it as known
    walk.newest_at = max((min(time, at) for time in times), default=None)
    if walk.purpose == WalkPurpose.ALL:
        new = Walk(
            fingerprint=walk.fingerprint,
            purpose=WalkPurpose.NEW,
            known_to=walk.newest_at,
            next_at=at + NEW_EVERY,
        )
        Walk.objects.bulk_create([new], ignore_conflicts=True)


def _count_repeated(here: Position, page: BatchPage, known: Container[str]) -> int:
    """Rows of the bound's moment that were on the page before."""
    if here.before is None or here.offset:
        return 0
    second = here.before.replace(microsecond=0)  # the vendor may leave fractions out
    at_bound = [b for b in page.batches if b.created_at and b.created_at >= second]
    return sum(batch.name in known for batch in at_bound)


def _reaches_known(walk: Walk, page: BatchPage, brings_news: bool) -> bool:
    """Whether all that is older was read before."""
    last = page.batches[-1].created_at if page.batches else None
    if last is None or walk.known_to is None:
        return not brings_news
    # by time, not by names: people may have opened this very page, and not the next
    return last < walk.known_to - OVERLAP


def _move(walk: Walk, to: Position, at: datetime) -> None:
    walk.before, walk.offset, walk.by_offset = to.before, to.offset, to.by_offset
    walk.next_at = at


def _end(walk: Walk, at: datetime) -> None:
    _move(walk, Position(), at)
    walk.finished_at, walk.as_of = at, walk.started_at
    walk.known_to = walk.newest_at or walk.known_to
    walk.last_page, walk.page_size = "", LIMIT_MAX
    walk.next_at = at + NEW_EVERY if walk.purpose == WalkPurpose.NEW else None


def _digest(page: BatchPage) -> str:
    return name_digest("\n".join(batch.name for batch in page.batches))
