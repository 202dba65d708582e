"""Decides which call is due for the batches of one status, and stores what its answer changes.

A sweep reads the list page by page. Between two sweeps, batches are read one by one: those that
left the list, and all open ones where lists contain no counts. The caller has the key's lease.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from batches.models import SeenBatch, Sweep
from batches.models.names import name_digest
from batches.refonte import (
    IN_PROGRESS,
    LIMIT_MAX,
    STAGING,
    BadAnswer,
    BatchPage,
    ListQuery,
    RefonteError,
)
from batches.services import clock
from batches.services.walks.paging import Position, next_position

STATUSES = (IN_PROGRESS, STAGING)  # the first is swept first
SWEEP_EVERY = timedelta(minutes=1)  # from the start of one to the start of the next
# Where lists contain no counts: all open batches are read one by one once in this time.
ROUND_EVERY = timedelta(minutes=1)
FIRST_WAIT, LONGEST_WAIT = 5, 60  # seconds after a failure
LONGEST_SWEEP = timedelta(minutes=30)  # 180 pages at 6 calls a minute
LONGEST_PAUSE = timedelta(minutes=5)  # after a sweep
LONGEST_REST = timedelta(minutes=5)  # where Refonte asked for more
MORE_ROWS = 10  # a page that was halved grows again by so many rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The next page of a sweep."""

    query: ListQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One batch, read by its status."""

    row: SeenBatch
    has_departed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """No call is due before this time."""

    until: datetime


def begin(fingerprint: str, now: datetime) -> None:
    """Make the sweeps of a key that has none yet."""
    # called before each call: a key that has them costs no write
    if not Sweep.objects.filter(fingerprint=fingerprint).exists():
        rows = [Sweep(fingerprint=fingerprint, status=status, next_at=now) for status in STATUSES]
        Sweep.objects.bulk_create(rows, ignore_conflicts=True)


def due(fingerprints: Container[str] | tuple[str, ...], now: datetime) -> QuerySet[Sweep]:
    is_due = clock.passed("next_at", now=now, at_most=LONGEST_REST)
    # alphabetical order, in which `in_progress` comes before `staging`
    return Sweep.objects.filter(is_due, fingerprint__in=fingerprints).order_by("status")


def next_call(sweep: Sweep, now: datetime) -> Page | Single | Wait:
    """The next call of a sweep, or how long to wait."""
    if sweep.started_at and clock.is_older(sweep.started_at, now=now, than=LONGEST_SWEEP):
        # it was interrupted: its first pages are too old to say what has left the list
        _go_to(sweep, Position())
        sweep.started_at = None
    if sweep.started_at is None and (start := _next_start(sweep, now)) > now:
        # it may be completed, paused or gone
        if departed := _next_departed(sweep):
            return Single(row=departed, has_departed=True)
        single = _next_of_round(sweep, now)
        return Single(row=single, has_departed=False) if single else _wait(sweep, start)
    return Page(
        query=ListQuery(
            status=sweep.status,
            detailed=True,
            end_time=sweep.before,
            offset=sweep.offset,
            limit=sweep.page_size,
        )
    )


def note_page(sweep: Sweep, page: BatchPage, *, asked_at: datetime, at: datetime) -> None:
    """Go on behind a page, or end the sweep. Its rows are recorded already, as of `asked_at`."""
    here = Position(before=sweep.before, offset=sweep.offset, by_offset=sweep.by_offset)
    if sweep.started_at is None:
        # of the question, as its rows are: they would else seem to have left the list
        sweep.started_at, sweep.rows_read, sweep.last_page = asked_at, 0, ""
        sweep.holds_counts = not page.batches
    # one row without tasks, alone on the last page, says nothing of the others
    sweep.holds_counts |= any(one.counts and not one.counts.is_empty for one in page.batches)
    sweep.rows_read += page.rows_received
    sweep.page_size = min(LIMIT_MAX, sweep.page_size + MORE_ROWS)
    following, names = next_position(here, page), _digest(page)
    # a vendor that ignores `offset` sends the same page without end
    is_repeat = bool(here.offset) and names == sweep.last_page
    sweep.last_page = names
    _went_well(sweep, at)
    if following is None or is_repeat:
        _end(sweep, at)
    else:
        _go_to(sweep, following)
    sweep.save()


def note_single(sweep: Sweep, single: Single, at: datetime) -> None:
    _pass(sweep, single)
    _went_well(sweep, at)
    sweep.save()


def pass_over(sweep: Sweep, single: Single) -> None:
    """Continue with the next batch, though this one could not be asked for."""
    _pass(sweep, single)
    sweep.save()


def _pass(sweep: Sweep, single: Single) -> None:
    if single.has_departed:
        sweep.last_departed = single.row.pk
    else:
        sweep.last_of_round = single.row.pk


def note_failure(sweep: Sweep, call: Page | Single, error: RefonteError, now: datetime) -> None:
    """Set the time of the next try: 5 seconds later, after each failure twice as long."""
    if isinstance(call, Single):
        # else one batch that always fails would stop all others
        _pass(sweep, call)
    elif isinstance(error, BadAnswer):
        # the answer may have been too large (TooLarge is a BadAnswer)
        sweep.page_size = max(1, sweep.page_size // 2)
    sweep.calls += 1
    sweep.failures += 1
    wait = min(LONGEST_WAIT, FIRST_WAIT << min(sweep.failures - 1, 10))
    sweep.next_at = now + timedelta(seconds=max(wait, error.retry_after or 0))
    sweep.save()


def note_wait(sweep: Sweep, wait: Wait) -> None:
    sweep.next_at = wait.until
    sweep.save(update_fields=("next_at",))


def _went_well(sweep: Sweep, at: datetime) -> None:
    sweep.calls += 1
    sweep.failures, sweep.next_at = 0, at


def _end(sweep: Sweep, at: datetime) -> None:
    _go_to(sweep, Position())
    sweep.swept_at, sweep.started_at, sweep.finished_at = sweep.started_at, None, at
    sweep.last_departed, sweep.page_size = 0, LIMIT_MAX
    # counted anew, as rows at the end of a page come again on the next one
    sweep.swept_rows = _open_rows(sweep).filter(status_at__gte=sweep.swept_at).count()


def _go_to(sweep: Sweep, position: Position) -> None:
    sweep.before, sweep.offset, sweep.by_offset = (
        position.before,
        position.offset,
        position.by_offset,
    )


def _next_start(sweep: Sweep, now: datetime) -> datetime:
    """When the next sweep begins."""
    if sweep.swept_at is None or sweep.finished_at is None:
        return now
    if clock.is_ahead(sweep.swept_at, now=now):  # the clock was set back since
        return now
    took = min(sweep.finished_at - sweep.swept_at, LONGEST_PAUSE)
    # a sweep longer than a minute is followed by a pause as long, for the other calls of the key
    return max(sweep.swept_at + SWEEP_EVERY, sweep.finished_at + took)


def _open_rows(sweep: Sweep) -> QuerySet[SeenBatch]:
    # named twice, as SQLite uses the index of open batches only where the query says "open"
    rows = SeenBatch.objects.filter(
        fingerprint=sweep.fingerprint, status=sweep.status, status__in=STATUSES
    )
    # a batch that Refonte does not know any more is read no more
    return rows.filter(absent_at=None).order_by("id")


def _next_departed(sweep: Sweep) -> SeenBatch | None:
    """A batch that had this status and was not in the last whole sweep; each once a sweep."""
    if sweep.swept_at is None:
        return None
    # every batch in the sweep got a newer `status_at` from it
    rows = _open_rows(sweep).filter(status_at__lt=sweep.swept_at, id__gt=sweep.last_departed)
    return rows.first()


def _next_of_round(sweep: Sweep, now: datetime) -> SeenBatch | None:
    """The next batch to read one by one; None where lists contain counts or all were just read."""
    # the pages of the sweep have read the counts already
    if sweep.holds_counts:
        return None
    if found := _open_rows(sweep).filter(id__gt=sweep.last_of_round).first():
        sweep.round_at = sweep.round_at or now
        return found
    # all were read less than a minute ago
    if sweep.round_at and not clock.is_older(sweep.round_at, now=now, than=ROUND_EVERY):
        return None
    sweep.round_at, sweep.last_of_round = now, 0
    return _open_rows(sweep).first()


def _wait(sweep: Sweep, start: datetime) -> Wait:
    """Wait until the next sweep, or until batches are read one by one again."""
    ends = sweep.round_at + ROUND_EVERY if sweep.round_at and not sweep.holds_counts else start
    return Wait(until=min(start, ends))


def _digest(page: BatchPage) -> str:
    return name_digest("\n".join(batch.name for batch in page.batches))
