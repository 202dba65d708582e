"""How far a list is read: the rows behind a walk. The caller holds the key's lease."""

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
LONGEST_REST = timedelta(minutes=5)  # where Refonte asked for more
BACK_BY_STEPS_OF = 10  # rows
SAME_PAGE = "Refonte repeated a page, so older batches may be missing."


def due_walks(fingerprints: tuple[str, ...], now: datetime) -> QuerySet[Walk]:
    """Walks whose next page is due; those without a time for it are read to their end."""
    is_due = clock.passed("next_at", now=now, at_most=LONGEST_REST)
    return Walk.objects.filter(is_due, fingerprint__in=fingerprints, next_at__isnull=False)


def begin(fingerprint: str, now: datetime) -> None:
    """Nothing was ever read with this key. The walk for new ones begins when a first page came."""
    first = Walk(fingerprint=fingerprint, purpose=WalkPurpose.ALL, next_at=now)
    Walk.objects.bulk_create([first], ignore_conflicts=True)


def position_of(walk: Walk) -> Position:
    return Position(before=walk.before, offset=walk.offset, by_offset=walk.by_offset)


def note_page(
    walk: Walk, page: BatchPage, *, known: Container[str], brings_news: bool, at: datetime
) -> None:
    """Go on behind a page, or end the pass.

    known: names that were known before. brings_news: whether the page has others.
    """
    here = position_of(walk)
    if here in (Position(), Position(by_offset=True)):
        _begin_pass(walk, page, at)
    walk.calls += 1
    walk.rows_read += page.rows_received - _repeated(here, page, known)
    walk.failure, walk.failures = "", 0
    walk.page_size = min(LIMIT_MAX, walk.page_size + BACK_BY_STEPS_OF)
    following, names = next_position(here, page), _digest(page)
    if following and here.offset and names == walk.last_page:  # it heeds no offset either
        walk.failure, following = SAME_PAGE, None
    walk.last_page = names
    if following is None or (
        walk.purpose == WalkPurpose.NEW and _is_known_from(walk, page, brings_news)
    ):
        _end_pass(walk, at)
    else:
        _go_to(walk, following, at)
    walk.save()


def note_failure(walk: Walk, error: RefonteError, now: datetime) -> None:
    """Try the same page again, ever later to a minute. One that is too large is halved."""
    if isinstance(error, BadAnswer):
        walk.page_size = max(1, walk.page_size // 2)
    walk.calls += 1
    walk.failures += 1
    walk.failure = error.words[:300]
    wait = min(LONGEST_WAIT, FIRST_WAIT << min(walk.failures - 1, 10))
    walk.next_at = now + timedelta(seconds=max(wait, error.retry_after or 0))
    walk.save()


def _begin_pass(walk: Walk, page: BatchPage, at: datetime) -> None:
    walk.started_at, walk.rows_read, walk.last_page = at, 0, ""
    walk.reported_total = page.total
    times = [batch.created_at for batch in page.batches if batch.created_at]
    # One from the future would hide all that come before it.
    walk.newest_at = max((min(time, at) for time in times), default=None)
    if walk.purpose == WalkPurpose.ALL:
        new = Walk(
            fingerprint=walk.fingerprint,
            purpose=WalkPurpose.NEW,
            known_to=walk.newest_at,
            next_at=at + NEW_EVERY,
        )
        Walk.objects.bulk_create([new], ignore_conflicts=True)


def _repeated(here: Position, page: BatchPage, known: Container[str]) -> int:
    """Rows at the bound that stood on the page before: counted once."""
    if here.before is None or here.offset:
        return 0
    second = here.before.replace(microsecond=0)  # times may be told without a fraction
    at_bound = [b for b in page.batches if b.created_at and b.created_at >= second]
    return sum(batch.name in known for batch in at_bound)


def _is_known_from(walk: Walk, page: BatchPage, brings_news: bool) -> bool:
    """All that is older was read before.

    By the time of the last row: that a page holds nothing unknown is not enough, as people may have
    opened that very page, and not the next.
    """
    last = page.batches[-1].created_at if page.batches else None
    if last is None or walk.known_to is None:
        return not brings_news
    return last < walk.known_to - OVERLAP


def _go_to(walk: Walk, position: Position, at: datetime) -> None:
    walk.before, walk.offset, walk.by_offset = (
        position.before,
        position.offset,
        position.by_offset,
    )
    walk.next_at = at


def _end_pass(walk: Walk, at: datetime) -> None:
    """The whole list is read once; new ones are looked for as long as the key is watched."""
    _go_to(walk, Position(), at)
    walk.finished_at, walk.as_of = at, walk.started_at
    walk.known_to = walk.newest_at or walk.known_to
    walk.last_page, walk.page_size = "", LIMIT_MAX
    walk.next_at = at + NEW_EVERY if walk.purpose == WalkPurpose.NEW else None


def _digest(page: BatchPage) -> str:
    return name_digest("\n".join(batch.name for batch in page.batches))
