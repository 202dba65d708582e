"""Decides which call is due for the batches of one status, and stores what its answer changes.

A sweep reads the list page by page. Between two sweeps, `singles` says which batches are read by
their status. The caller has the key's lease.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from batches.models import Sweep
from batches.models.names import name_digest
from batches.refonte import (
    LIMIT_MAX,
    BadAnswer,
    BatchPage,
    ListQuery,
    RefonteError,
)
from batches.services import clock
from batches.services.walks.paging import Position, next_position
from batches.services.watcher import singles
from batches.services.watcher.singles import STATUSES, Single

SWEEP_EVERY = timedelta(minutes=1)  # from the start of one to the start of the next
# Where lists contain no counts, they take one in so many calls of a minute: a batch that left is
# noticed when it is read by its status, too.
LISTS_TAKE_ONE_IN = 10
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
        single = singles.next_departed(sweep) or singles.next_by_pace(sweep, now)
        return single or _wait(sweep, start)
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
    """An answer came, and is recorded."""
    _pass(sweep, single, at)
    singles.set_pace(single.row, at)
    _went_well(sweep, at)
    sweep.save()


def pass_over(sweep: Sweep, single: Single, at: datetime) -> None:
    """Continue with the next batch, though this one could not be asked for."""
    _pass(sweep, single, at)
    singles.note_unaskable(single.row, at)
    sweep.save()


def _pass(sweep: Sweep, single: Single, at: datetime) -> None:
    if single.has_departed:
        sweep.last_departed = single.row.pk
    singles.note_asked(single.row, at)


def note_failure(sweep: Sweep, call: Page | Single, error: RefonteError, now: datetime) -> None:
    """Set the time of the next try: 5 seconds later, after each failure twice as long."""
    if isinstance(call, Single):
        # else one batch that always fails would stop all others
        _pass(sweep, call, now)
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
    sweep.swept_rows = singles.open_rows(sweep).filter(status_at__gte=sweep.swept_at).count()


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
    return max(sweep.swept_at + shortest_interval(sweep), sweep.finished_at + took)


def shortest_interval(sweep: Sweep) -> timedelta:
    """From the start of one sweep to that of the next, if it takes no longer."""
    if sweep.holds_counts:
        return SWEEP_EVERY
    calls_a_minute = max(1, settings.BACKGROUND_CALLS_A_MINUTE // LISTS_TAKE_ONE_IN)
    return max(SWEEP_EVERY, min(SWEEP_EVERY * pages_of(sweep) / calls_a_minute, LONGEST_PAUSE))


def pages_of(sweep: Sweep) -> int:
    """Calls of a whole sweep."""
    return sweep.swept_rows // LIMIT_MAX + 1


def _wait(sweep: Sweep, start: datetime) -> Wait:
    """Wait until the next sweep, or until a batch is due by its own pace."""
    due = singles.next_due(sweep)
    return Wait(until=start if due is None else min(start, datetime.fromtimestamp(due, UTC)))


def _digest(page: BatchPage) -> str:
    return name_digest("\n".join(batch.name for batch in page.batches))
