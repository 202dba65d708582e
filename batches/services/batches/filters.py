"""Filters of a list: the vendor's parameters, relative presets, and the position of the page."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from batches.models import AlarmKind
from batches.refonte import LIMIT_MAX, ListQuery
from batches.services.people.preferences import PAGE_SIZE

PRESETS = {"today": 0, "7d": 6, "30d": 29}  # how many days before today are included
# The vendor's bounds are sent in milliseconds, and both are included.
ONE_MS = timedelta(milliseconds=1)

# Of the list, in the order in which they stand where nobody chose another one. Name and status come
# before them, always.
COLUMNS = ("progress", "errors", "speed", "estimate", "due", "owner", "priority", "age")
USUAL_COLUMNS = tuple(name for name in COLUMNS if name != "owner")
COMPACT, WALL = "compact", "wall"  # besides the usual density
# What rows can be sorted by; "-" before it turns the order. `age` alone is the order of every list.
SORTS = ("age", "due", "errors", "speed", "estimate", "changed")
# By the names in the address: any reason, or the kind of one.
ANY = "any"
ATTENTION: dict[str, AlarmKind | None] = {
    ANY: None,
    "stalled": AlarmKind.STALLED,
    "staging": AlarmKind.STAGING,
    "errors": AlarmKind.ERRORS,
    "at_risk": AlarmKind.AT_RISK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilters:
    """The parameters of a list's address.

    start, end: days in `zone`, both included. created: a preset, in place of them.
    before: `created_at` of the last row passed. seen: rows passed on the pages before.
    shown: digests of the last rows passed that the next answer may contain again, in their order:
        rows of the same millisecond, or any rows where pages are counted in rows.
    passed: rows of that millisecond that were passed before those in `shown`.
    after: only in a search: id of the seen batch after which the page begins.
    attention: one of ATTENTION, or empty: only batches that need somebody, for this reason.
    sort: one of SORTS, or such a name behind a "-"; empty: newest first, as Refonte lists them.
    columns: of COLUMNS, in the order chosen; empty: the usual ones. density: see above.
    """

    project: str = ""
    status: str = ""
    start: date | None = None
    end: date | None = None
    created: str = ""
    zone: ZoneInfo
    q: str = ""
    limit: int = PAGE_SIZE
    before: datetime | None = None
    passed: int = 0
    shown: tuple[str, ...] = ()
    after: int | None = None
    seen: int = 0
    attention: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    density: str = ""

    @property
    def is_stored(self) -> bool:
        """Whether Refonte has no list of this kind: it is made of what is recorded here."""
        return bool(self.attention or self.sort)

    @property
    def shown_columns(self) -> tuple[str, ...]:
        return self.columns or USUAL_COLUMNS

    @property
    def is_first_page(self) -> bool:
        return self.before is None and self.after is None and self.seen == 0

    @property
    def narrows(self) -> bool:
        """Whether a filter is set that can hide a batch."""
        has_days = self.start or self.end or self.created
        return bool(self.project or self.status or has_days or self.attention)

    def first_page(self) -> "ListFilters":
        return replace(self, before=None, passed=0, shown=(), after=None, seen=0)

    @property
    def is_counted(self) -> bool:
        """Whether the pages before were counted in rows, as no time could mark their end."""
        return self.before is None and bool(self.shown)

    def counted_in_rows(self) -> "ListFilters":
        """The same page, found by the number of rows passed instead of by a time."""
        return replace(self, before=None, passed=0)

    def window(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Bounds on `created_at` in UTC, both included."""
        start, end = self.start, self.end
        if self.created:
            # a preset counts days of the reader's zone, not of UTC
            today = now.astimezone(self.zone).date()
            start, end = today - timedelta(days=PRESETS[self.created]), None
        first = day_start(start, self.zone) if start else None
        # from the next day's start: a local day may have 23 or 25 hours
        last = day_start(end + timedelta(days=1), self.zone) - ONE_MS if end else None
        return first, last

    @property
    def rows_wanted(self) -> int:
        """Rows to ask for: a page of new ones, and those shown before that may come again."""
        return min(LIMIT_MAX, self.limit + len(self.shown))

    def query(self, now: datetime, rows: int | None = None) -> ListQuery:
        """The vendor's query for this page; with fewer `rows` where more do not fit."""
        rows = rows or self.rows_wanted
        start, end = self.window(now)
        if self.before is not None:
            # a moment of the last page may be rounded up past the last day of the filter
            end = min(end, self.before) if end else self.before
        passed = self.seen if self.before is None else self.passed + len(self.shown)
        return ListQuery(
            project=self.project or None,
            status=self.status or None,
            start_time=start,
            end_time=end,
            limit=rows,
            offset=max(0, passed - self._asked_again(rows)),
        )

    def _asked_again(self, rows: int) -> int:
        """How many of the rows in `shown` are asked for again, in an answer of so many rows."""
        # all of them, as rows that left since move the others up; but at most half of an answer,
        # which otherwise would contain no new row
        return len(self.shown) if len(self.shown) < rows else rows // 2


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC."""
    # where the clocks skip midnight, Python uses the offset before it (PEP 495): the right moment
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
