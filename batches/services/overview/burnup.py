"""The burn-up of a project: what was done since a time, what was to be done, and what is expected.

Drawn from the sums of quarters of an hour and from when its batches came, not from samples: at the
left edge nothing is done, and the total is what was left then; each new batch raises the total.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import NamedTuple

from django.db import connection
from django.db.models import Min

from batches.models import Estimate, FinishedBatch, ProjectQuarter, SeenBatch
from batches.models.names import name_digest
from batches.refonte import Counts
from batches.services.chart.quiet import quiet_between
from batches.services.estimates.read import quiet_hours_of
from batches.services.observations.quarters import QUARTER
from batches.services.overview.types import OpenBatch, WhenDone
from batches.services.overview.when_done import has_range

# Days shown, and quarters of an hour of one step of the line. None: since there is any work.
WINDOWS: dict[str, tuple[int | None, int]] = {
    "7d": (7, 4),
    "14d": (14, 8),
    "30d": (30, 16),
    "all": (None, 96),
}
DEFAULT = "7d"
DAY = 86_400
MOST_BATCHES = 2_000  # finished ones that raise the total; beyond, only the newest do
FAN_STEPS = 32
AHEAD = 0.08  # of the time shown, at least, is after now

STEPS = """
    SELECT quarter / {step:d} AS part, SUM(completed + gap_completed), SUM(errors + gap_errors)
      FROM {table} WHERE fingerprint = %s AND project = %s AND quarter >= %s
     GROUP BY part ORDER BY part
"""


class Step(NamedTuple):
    """Tasks that ended since the left edge, at a time in seconds since 1970."""

    at: int
    completed: int
    errors: int

    @property
    def settled(self) -> int:
        return self.completed + self.errors


class Expected(NamedTuple):
    """Tasks that will have ended since the left edge."""

    at: int
    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUp:
    """Times in seconds since 1970. steps: the last is now. totals: (time, tasks), as stairs.

    fan: empty without an estimate. reach: tasks that are done where all that is expected is done.
    done: when. left_out: batches in progress without an estimate, and their tasks: not in the fan.
    """

    window: str
    start: int
    end: int
    now: int
    steps: tuple[Step, ...]
    totals: tuple[tuple[int, int], ...]
    fan: tuple[Expected, ...] = ()
    reach: int = 0
    done: WhenDone
    quiet: tuple[tuple[int, int], ...] = ()


def read_burn_up(
    *,
    fingerprint: str,
    project: str,
    batches: Sequence[OpenBatch],
    done: WhenDone,
    window: str,
    now: datetime,
) -> BurnUp:
    """batches: its open ones. Five queries at most."""
    days, step = WINDOWS[window]
    digest, at = name_digest(project), int(now.timestamp())
    start = at - days * DAY if days else _first(fingerprint, digest, at)
    start -= start % (step * QUARTER)
    steps = _steps(fingerprint, digest, start, at, step)
    came = [*_finished(fingerprint, digest, start), *_came(batches)]
    left = sum(one.left for one in batches)
    end = _end(start, at, done)
    fan, reach = _fan(batches, steps[-1].settled, at, end)
    return BurnUp(
        window=window,
        start=start,
        end=end,
        now=at,
        steps=steps,
        totals=_totals(came, steps[-1].settled + left, start, at),
        fan=fan,
        reach=reach,
        done=done,
        quiet=tuple(quiet_between(start, end, hours=quiet_hours_of(fingerprint=fingerprint))),
    )


def _first(fingerprint: str, digest: str, at: int) -> int:
    """When its first work was seen; a day ago where there is none."""
    rows = ProjectQuarter.objects.filter(fingerprint=fingerprint, project=digest)
    first: int | None = rows.aggregate(first=Min("quarter"))["first"]
    return at - DAY if first is None else min(first * QUARTER, at - DAY)


def _steps(fingerprint: str, digest: str, start: int, now: int, step: int) -> tuple[Step, ...]:
    table = connection.ops.quote_name(ProjectQuarter._meta.db_table)
    with connection.cursor() as cursor:
        values: list[str | int] = [fingerprint, digest, start // QUARTER]
        cursor.execute(STEPS.format(table=table, step=step), values)
        rows = cursor.fetchall()
    # each at the end of its part, the present one now
    ends = [min((int(part) + 1) * step * QUARTER, now) for part, *_ in rows]
    completed = accumulate(int(done) for _, done, _ in rows)
    errors = accumulate(int(failed) for *_, failed in rows)
    found = [Step(start, 0, 0), *map(Step, ends, completed, errors)]
    if found[-1].at < now:
        found.append(found[-1]._replace(at=now))
    return tuple(found)


def _finished(fingerprint: str, digest: str, start: int) -> list[tuple[int, int]]:
    """When batches that ended since were created, and their tasks."""
    rows = FinishedBatch.objects.filter(
        fingerprint=fingerprint, project=digest, ended_at__gte=_moment(start)
    ).order_by("-ended_at")
    ids = list(rows.values_list("batch_id", flat=True)[:MOST_BATCHES])
    seen = SeenBatch.objects.filter(pk__in=ids).values_list("created_at", "counts")
    return [
        (int(created.timestamp()), Counts.parse(counts or {}).total or 0)
        for created, counts in seen
        if created
    ]


def _came(batches: Iterable[OpenBatch]) -> list[tuple[int, int]]:
    return [(int(one.created_at.timestamp()), one.total or 0) for one in batches if one.created_at]


def _totals(
    came: Iterable[tuple[int, int]], total: int, start: int, now: int
) -> tuple[tuple[int, int], ...]:
    """Back from now: before a batch came, the total was smaller by its tasks."""
    found = [(now, total)]
    for at, tasks in sorted(came, reverse=True):
        if at <= start:
            break
        found += [(at, total), (at, max(0, total - tasks))]
        total = max(0, total - tasks)
    return tuple(reversed([*found, (start, total)]))


def _end(start: int, now: int, done: WhenDone) -> int:
    """Of the time axis: a little after all is done, but the past keeps half of the place."""
    last = int(done.high.timestamp()) if done.high else now
    least = now + int((now - start) * AHEAD)
    return min(max(least, last + (last - start) // 20), now + (now - start))


def _fan(
    batches: Sequence[OpenBatch], settled: int, now: int, end: int
) -> tuple[tuple[Expected, ...], int]:
    """The paths of all batches with a range, added up: as if all were early or late together."""
    known = {one.id: one for one in batches if has_range(one)}
    paths = dict(Estimate.objects.filter(pk__in=known).values_list("pk", "path"))
    settled_now = sum(known[one].counts.settled for one in paths)
    totals = [_Path(path, known[one]) for one, path in paths.items() if path]
    reach = settled + sum(one.left for one in known.values())
    if not totals or end <= now:
        return (), reach
    found = [Expected(now, settled, settled, settled)]
    for number in range(1, FAN_STEPS + 1):
        at = now + (end - now) * number // FAN_STEPS
        sums = [sum(ends) for ends in zip(*(path.at(at) for path in totals), strict=True)]
        done = (settled + max(0.0, one - settled_now) for one in sums)
        found.append(Expected(at, *(min(one, float(reach)) for one in done)))
    return tuple(found), reach


class _Path:
    """The expected counts of one batch at any time."""

    def __init__(self, path: Sequence[Sequence[float]], batch: OpenBatch) -> None:
        self.times = [point[0] for point in path]
        self.ends = [tuple(point[1:4]) for point in path]
        self.now = float(batch.counts.settled)

    def at(self, moment: int) -> tuple[float, ...]:
        """Low, mid and high, never less than what is done."""
        place = bisect_left(self.times, moment)
        if place == 0:
            ends = self.ends[0]
        elif place == len(self.times):
            ends = self.ends[-1]
        else:
            before, after = self.times[place - 1], self.times[place]
            share = (moment - before) / ((after - before) or 1)
            pairs = zip(self.ends[place - 1], self.ends[place], strict=True)
            ends = tuple(a + (b - a) * share for a, b in pairs)
        return tuple(max(self.now, one) for one in ends)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
