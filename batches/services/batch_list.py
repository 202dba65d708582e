"""The list of batches under a key: one page of the vendor's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from batches.models import Operation, SeenBatch
from batches.refonte import Batch, BatchPage
from batches.services import batch_rows, pace, vendor
from batches.services.batch_rows import Row
from batches.services.filters import ListFilters
from batches.services.operations import last_priorities
from batches.services.page_key import PageKey
from batches.services.readings import (
    Reading,
    last_known,
    list_query,
    projects_query,
    read_together,
)
from batches.services.seen import Sighting, find_seen, record
from batches.services.walks import Coverage

LATEST = datetime(9999, 1, 1, tzinfo=UTC)  # as some write "never"
TABS = ("", "staging", "in_progress", "completed")
TOTALS_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchList:
    """One page of a list.

    total: of all that matches; None where the vendor does not say.
    older: where the next page starts; None on the last. drifts: told only by counting rows.
    tab_totals: per status, only where an answer already held says so.
    reading: of a search, the moment alone. coverage: what a search stands on.
    """

    filters: ListFilters
    rows: tuple[Row, ...]
    reading: Reading[BatchPage]
    total: int | None
    older: ListFilters | None
    drifts: bool = False
    projects: tuple[str, ...] = ()
    tab_totals: Mapping[str, int | None]
    poll_seconds: int | None
    coverage: Coverage | None = None

    @property
    def first_number(self) -> int:
        return self.filters.seen + 1

    @property
    def last_number(self) -> int:
        return self.filters.seen + len(self.rows)


def read_list(*, key: PageKey, filters: ListFilters) -> BatchList:
    """A page of the vendor's list: one call, and the projects beside it every 10 minutes."""
    now = timezone.now()
    reading, projects = read_together(
        key=key,
        queries=(list_query(filters.query(now)), projects_query()),
        kind=vendor.Kind.PAGE,
        deadline=vendor.new_deadline(),
    )
    batches: Sequence[Batch] = reading.data.batches if reading.data else ()
    rows = draw_rows(key=key, batches=batches, reading=reading)
    return BatchList(
        filters=filters,
        rows=rows,
        reading=reading,
        total=_grand_total(filters, reading.data),
        older=_older(filters, reading.data, batches),
        drifts=bool(batches) and batches[-1].created_at is None,
        projects=_project_names(projects.data, rows),
        tab_totals=known_totals(key=key, filters=filters, now=now),
        poll_seconds=pace_of(rows, reading, now),
    )


def draw_rows(
    *, key: PageKey, batches: Sequence[Batch], reading: Reading[BatchPage]
) -> tuple[Row, ...]:
    """The vendor's rows with what else is known of them; news is written down."""
    seen = look_up(key=key, batches=batches, reading=reading)
    priorities = sent_priorities(key=key, names=[batch.name for batch in batches])
    return tuple(
        batch_rows.from_vendor(batch, seen.get(batch.name), priorities, reading)
        for batch in batches
    )


def look_up(
    *,
    key: PageKey,
    batches: Sequence[Batch],
    reading: Reading[BatchPage],
    also: Sequence[str] = (),
) -> Mapping[str, SeenBatch]:
    """What was seen of these batches and of some others; news is written down."""
    if not (reading.is_news or also or batch_rows.lacks_counts(batches)):
        return {}
    seen = find_seen(key=key, names=[*(batch.name for batch in batches), *also])
    if reading.is_news and reading.as_of:
        sightings = [Sighting.of_batch(batch) for batch in batches]
        seen = record(key=key, sightings=sightings, at=reading.as_of, rows=seen)
    return seen


def sent_priorities(*, key: PageKey, names: Iterable[str]) -> dict[str, Operation]:
    """The last priority sent to each, in one query."""
    return last_priorities(key=key, names=names)


def known_totals(*, key: PageKey, filters: ListFilters, now: datetime) -> dict[str, int | None]:
    """Totals for the status tabs, from answers already held and not a minute old."""
    first = filters.first_page()
    totals: dict[str, int | None] = {}
    for status in TABS:
        query = list_query(replace(first, status=status).query(now))
        held = last_known(key=key, query=query)
        is_young = held.as_of is not None and now - held.as_of < TOTALS_FOR
        told = held.data and (is_young or status == filters.status)
        totals[status] = held.data.total if held.data and told else None
    return totals


def pace_of(rows: Sequence[Row], reading: Reading[BatchPage], now: datetime) -> int | None:
    """Seconds to the next poll of a list."""
    unread = any(row.is_unread for row in rows)
    usual = pace.UNREAD if unread else pace.of_list(row.status for row in rows)
    return pace.after(reading, usual, now)


def _grand_total(filters: ListFilters, page: BatchPage | None) -> int | None:
    """The vendor counts from this page's anchor on; what was seen before it comes on top."""
    if page is None or page.total is None:
        return None
    if filters.before is None:
        return page.total
    return filters.seen + page.total - filters.passed_then


def _older(
    filters: ListFilters, page: BatchPage | None, batches: Sequence[Batch]
) -> ListFilters | None:
    """Anchor the next page at the last row shown, so that new batches do not shift it."""
    if page is None or not page.has_more or not page.rows_received:
        return None
    seen = filters.seen + page.rows_received
    anchor = _anchor(batches)
    if anchor is None:
        return replace(filters, before=None, passed_then=1, seen=seen)
    anchor = min(anchor, filters.before or anchor)
    passed = sum(batch.created_at is not None and batch.created_at <= anchor for batch in batches)
    if filters.before == anchor:
        passed += filters.passed_then
    return replace(filters, before=anchor, passed_then=passed, seen=seen)


def _anchor(batches: Sequence[Batch]) -> datetime | None:
    """The last millisecond in which the last row may have been created, as it was told.

    Times without a fraction may have been cut: a batch of that second may still be to come.
    """
    last = batches[-1].created_at if batches else None
    if last is None or last > LATEST:
        return last
    if all(batch.created_at and not batch.created_at.microsecond for batch in batches):
        return last + timedelta(milliseconds=999)
    beyond = -last.microsecond % 1000
    return last + timedelta(microseconds=beyond)


def _project_names(projects: object, rows: Sequence[Row]) -> tuple[str, ...]:
    """Choices for the filter: the vendor's, and those on the page."""
    told = [project.name for project in projects] if isinstance(projects, tuple) else []
    return tuple(sorted({*told, *(row.project for row in rows if row.project)}))
