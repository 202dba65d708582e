"""Whether work keeps up: today beside the days of its kind in the last week, up to this time."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from batches.services.observations.quarters import QUARTER
from batches.services.overview.sums import DAYS, NONE, Done, Past, past_of, today_of
from batches.services.overview.types import Day, Pace

NO_DAYS: tuple[Done, ...] = (NONE,) * (DAYS - 1)
NO_TASKS = (0,) * DAYS


class Paces:
    """The pace of each project of a key, and of all together. Reads when it is made."""

    def __init__(
        self, *, fingerprint: str, projects: Iterable[str], zone: ZoneInfo, now: datetime
    ) -> None:
        """projects: digests of names, besides those with any work. One query, or five."""
        self.past = past_of(fingerprint=fingerprint, zone=zone, now=now)
        self.projects = {*projects, *self.past.projects}
        self.today = today_of(fingerprint=fingerprint, projects=self.projects, zone=zone, now=now)
        # how much of this quarter of an hour is over
        self.passed = now.timestamp() % QUARTER / QUARTER

    def of(self, project: str) -> Pace:
        """project: the digest of its name."""
        return self._pace([project])

    def of_all(self) -> Pace:
        return self._pace(sorted(self.projects))

    def _pace(self, projects: list[str]) -> Pace:
        past, count = self.past, len(self.past.compared)
        sums = list(_added(past.done.get(one, NO_DAYS) for one in projects))
        sums = sums or list(NO_DAYS)
        today = next(iter(_added((self.today.get(one, NONE),) for one in projects)), NONE)
        days = zip(past.days, [*sums, today], past.off, strict=True)
        return Pace(
            days=tuple(Day(day, done, errors, off) for day, (done, errors), off in days),
            by_now=sum(today),
            usual=self._by_now(past, projects) / count if count else None,
            usual_day=sum(sum(sums[at]) for at in past.compared) / count if count else None,
            compared=count,
        )

    def _by_now(self, past: Past, projects: list[str]) -> float:
        """Tasks of the days compared, up to this time of the day."""
        return sum(
            past.before.get(one, NO_TASKS)[at] + self.passed * past.during.get(one, NO_TASKS)[at]
            for one in projects
            for at in past.compared
        )


def _added(sums: Iterable[tuple[Done, ...]]) -> Iterable[Done]:
    """Day by day, of several projects."""
    for day in zip(*sums, strict=True):
        yield sum(done for done, _ in day), sum(errors for _, errors in day)
