"""What shapes a list: the vendor's parameters, relative presets, and where paging stands."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from batches.refonte import ListQuery

PRESETS = {"today": 0, "7d": 6, "30d": 29}  # days before today that are still in
ONE_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilters:
    """The list as its address says it.

    start, end: days in `zone`, both included. created: a preset, in place of them.
    before: `created_at` of the last row shown. passed_then: rows shown of that very millisecond.
    seen: rows shown on the pages before.
    """

    project: str = ""
    status: str = ""
    start: date | None = None
    end: date | None = None
    created: str = ""
    zone: ZoneInfo
    q: str = ""
    limit: int = 50
    before: datetime | None = None
    passed_then: int = 1
    seen: int = 0

    @property
    def is_first_page(self) -> bool:
        return self.before is None and self.seen == 0

    @property
    def narrows(self) -> bool:
        """Anything that could hide a batch."""
        return bool(self.project or self.status or self.start or self.end or self.created)

    def first_page(self) -> "ListFilters":
        return replace(self, before=None, passed_then=1, seen=0)

    def window(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Bounds on `created_at` in UTC, both included: the end is its day's last millisecond."""
        start, end = self.start, self.end
        if self.created:
            today = now.astimezone(self.zone).date()
            start, end = today - timedelta(days=PRESETS[self.created]), None
        first = day_start(start, self.zone) if start else None
        last = day_start(end + timedelta(days=1), self.zone) - ONE_MS if end else None
        return first, last

    def query(self, now: datetime) -> ListQuery:
        """The vendor's question for this page."""
        start, end = self.window(now)
        if self.before is not None:
            end = min(end, self.before) if end else self.before
        return ListQuery(
            project=self.project or None,
            status=self.status or None,
            start_time=start,
            end_time=end,
            limit=self.limit,
            offset=self.passed_then if self.before else self.seen,
        )


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC.

    A midnight that the clocks skip is read by the offset before it (PEP 495): the skip itself.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
