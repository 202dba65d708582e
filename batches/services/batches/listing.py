"""The list of batches under a key: one page of the vendor's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils import timezone

from batches.refonte import (
    COMPLETED,
    IN_PROGRESS,
    STAGING,
    Batch,
    BatchPage,
    Outcome,
    is_whole,
)
from batches.services.batches import pace
from batches.services.batches import rows as batch_rows
from batches.services.batches.filters import ListFilters
from batches.services.batches.known import known_of
from batches.services.batches.page_fetch import Ask, read_page, vendor_query
from batches.services.batches.paging import ListPage
from batches.services.batches.projects import offered
from batches.services.batches.rows import Row
from batches.services.clock import is_older
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import Query, list_query, projects_query
from batches.services.readings.read import all_last_known, read_together
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline
from batches.services.walks.coverage import Coverage

TABS = ("", STAGING, IN_PROGRESS, COMPLETED)
TOTALS_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Of the batches whose counts are known: `known` of `batches`, which is None where unknown.

    left: tasks that are neither completed nor failed nor cancelled.
    """

    tasks: int = 0
    done: int = 0
    errors: int = 0
    left: int = 0
    known: int = 0
    batches: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchList:
    """One page of a list.

    filters: those it was read with; `page_fetch` may have changed them.
    total: number of all batches that match; None where unknown.
    older: where the next page starts; None on the last page.
    page: its position in the list. is_shortened: a full page did not fit into one answer.
    has_more_projects: Refonte named more projects than `projects` contains.
    tab_totals: one for each status, from answers in the cache; None where there is none.
    attention: batches of the key with an alarm that nobody dismissed; None where not to be shown.
    sum: of all batches of a filtered list; None of any other, and where nobody asked for it.
    reading: in a search only a time, as the vendor was not asked.
    coverage: only in a search: how many batches are known, and how recently they were read.
    looked_to: only in a search: creation time of the last name that was compared, where the page
        ended there before it was full.
    """

    filters: ListFilters
    rows: tuple[Row, ...]
    reading: Reading[BatchPage]
    total: int | None
    older: ListFilters | None
    page: ListPage = field(default_factory=ListPage)
    is_shortened: bool = False
    projects: tuple[str, ...] = ()
    has_more_projects: bool = False
    tab_totals: Mapping[str, int | None]
    poll_seconds: int | None
    attention: int | None = None
    sum: Sum | None = None
    coverage: Coverage | None = None
    looked_to: datetime | None = None

    @property
    def first_number(self) -> int:
        return (self.page.start if self.page.passed else self.filters.seen) + 1

    @property
    def last_number(self) -> int:
        # `passed` counts rows without a usable name too, which are not in `rows`
        return self.first_number + max(self.page.passed, len(self.rows)) - 1


def read_list(*, key: KeyHandle, filters: ListFilters) -> BatchList:
    """A page of the vendor's list with one call, and one more for the projects every 10 minutes."""
    now, deadline = timezone.now(), new_deadline()
    projects: object = None

    def ask(query: Query[BatchPage]) -> Reading[BatchPage]:
        nonlocal projects
        reading: Reading[BatchPage]
        reading, beside = read_together(
            key=key,
            # projects are fresh for 10 minutes; the page waits for them a fifth of its time
            queries=(query, projects_query()),
            kind=Kind.PAGE,
            deadline=deadline,
        )
        projects = beside.data
        return reading

    listing = read_page(key=key, filters=filters, now=now, ask=ask)
    reading, page = listing.reading, listing.page
    rows, attention = join_rows(key=key, batches=page.batches, reading=reading)
    return BatchList(
        filters=listing.filters,
        rows=rows,
        reading=reading,
        attention=attention,
        total=page.total,
        older=page.older,
        page=page,
        is_shortened=listing.is_shortened,
        projects=_project_names(projects, rows),
        has_more_projects=_has_more_than_offered(projects),
        tab_totals=known_totals(key=key, filters=listing.filters, now=now, total=page.total),
        poll_seconds=pace_of(rows, reading, now),
    )


def read_rows(*, key: KeyHandle, filters: ListFilters, ask: Ask) -> BatchList:
    """Only the rows of a page, read by `ask`, for an export."""
    listing = read_page(key=key, filters=filters, now=timezone.now(), ask=ask)
    reading, page = listing.reading, listing.page
    rows, _ = join_rows(key=key, batches=page.batches, reading=reading)
    return BatchList(
        filters=listing.filters,
        rows=rows,
        # an export has one page in memory at a time, so nothing may keep the vendor's answer
        reading=replace(reading, data=None, payload=None, memo={}),
        total=page.total,
        older=page.older,
        # as above: the rows have what they need of the batches
        page=replace(page, batches=()),
        tab_totals={},
        poll_seconds=None,
    )


def join_rows(
    *, key: KeyHandle, batches: Sequence[Batch], reading: Reading[BatchPage]
) -> tuple[tuple[Row, ...], int | None]:
    """The vendor's rows, with the recorded facts and the last priority of each; and how many
    batches of the key need attention.
    """
    names = [batch.name for batch in batches]
    known = known_of(key=key, names=names, since=reading.as_of)
    seen = batch_rows.find_beyond(key=key, names=names, listing=reading, known=known)
    rows = tuple(
        batch_rows.from_vendor(batch, seen.get(batch.name), reading, known) for batch in batches
    )
    return rows, known.attention


def known_totals(
    *, key: KeyHandle, filters: ListFilters, now: datetime, total: int | None
) -> dict[str, int | None]:
    """Totals for the status tabs, from answers in the cache that are less than a minute old.

    total: that of the page itself.
    """
    first = filters.first_page()
    queries = [
        # the query that the tab's own page would ask, so that its cached answer is found
        list_query(vendor_query(key=key, filters=replace(first, status=status), now=now))
        for status in TABS
    ]
    readings = all_last_known(key=key, queries=queries)
    totals = {
        status: _recent_total(reading, now) for status, reading in zip(TABS, readings, strict=True)
    }
    # the tab of this page shows the same total as the page
    return totals | {filters.status: total}


def _recent_total(reading: Reading[BatchPage], now: datetime) -> int | None:
    if reading.data is None or reading.as_of is None:
        return None
    return None if is_older(reading.as_of, now=now, than=TOTALS_FOR) else reading.data.total


def pace_of(rows: Sequence[Row], reading: Reading[BatchPage], now: datetime) -> int | None:
    """Seconds to the next poll of a list; None where the vendor refused the query itself."""
    # the same query would be refused again: only another address can help
    if reading.failure and reading.failure.outcome == Outcome.REJECTED and reading.data is None:
        return None
    unread = any(row.is_unread for row in rows)
    usual = pace.UNREAD if unread else pace.of_list(row.status for row in rows)
    return pace.after(reading, usual, now)


def _has_more_than_offered(projects: object) -> bool:
    return isinstance(projects, tuple) and len(offered(projects)) < len(projects)


def _project_names(projects: object, rows: Sequence[Row]) -> tuple[str, ...]:
    """Choices for the filter: the vendor's, and those on the page."""
    named = [project.name for project in offered(projects)] if isinstance(projects, tuple) else []
    # a project name that was cut or cleaned would match no batch as a filter
    on_page = (row.project for row in rows if row.project and is_whole(row.project))
    return tuple(sorted({*named, *on_page}))
