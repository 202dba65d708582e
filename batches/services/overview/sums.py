"""Sums of finished tasks by project and day, in the reader's zone, from the sums of quarters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import caches
from django.db import connection

from batches.models import ProjectQuarter, Rhythm, WatchGap
from batches.services.batches.filters import day_start
from batches.services.chart.quiet import MONDAY, WEEK
from batches.services.observations.quarters import QUARTER
from batches.services.sql import placeholders

DAYS = 14  # with today
COMPARED = 7  # before today
HOUR, A_DAY = 3_600, 24
MOST_PROJECTS = 1_000  # that had any work; a bound of the statement's parameters
# A day of the week with less than this share of the work of the busiest one is off.
OFF_BELOW = 0.5
# A day with longer gaps is compared with no other: what was done in them is not known by the hour.
LONGEST_GAPS = timedelta(hours=2)
KEPT = 15 * 60  # seconds; days that are over hardly change

# One step of the index for each project, however many rows it has.
PROJECTS = """
    WITH RECURSIVE found(project) AS (
        SELECT MIN(project) FROM {table} WHERE fingerprint = %s
         UNION ALL
        SELECT (SELECT MIN(project) FROM {table} WHERE fingerprint = %s AND project > found.project)
          FROM found WHERE found.project IS NOT NULL)
    SELECT project FROM found WHERE project IS NOT NULL LIMIT %s
"""
# Work in a gap counts where the gap ended: then, at the latest, it was done.
SUMS = """
    SELECT project, {part} AS part, SUM(completed + gap_completed), SUM(errors + gap_errors),
           SUM(watched)
      FROM {table}
     WHERE fingerprint = %s AND project IN ({projects}) AND quarter >= %s AND quarter < %s
     GROUP BY project, part
"""
TABLE = ProjectQuarter._meta.db_table
Done = tuple[int, int]  # completed, errors
NONE: Done = (0, 0)


@dataclass(frozen=True, slots=True)
class Past:
    """Days before today. days: their dates, oldest first, then today; off: which of these are off.

    compared: places of the days that today is compared with. projects: all with any work, by the
    digests of their names. done: by project, of each day before today. before, during: tasks of the
    days compared up to this quarter of an hour of the day, and in it.
    """

    days: tuple[date, ...]
    off: tuple[bool, ...]
    compared: tuple[int, ...]
    projects: tuple[str, ...]
    done: dict[str, tuple[Done, ...]]
    before: dict[str, tuple[int, ...]]
    during: dict[str, tuple[int, ...]]


def today_of(
    *, fingerprint: str, projects: Collection[str], zone: ZoneInfo, now: datetime
) -> dict[str, Done]:
    """What each project did today. projects: digests of their names. One query."""
    begin = _quarter(day_start(now.astimezone(zone).date(), zone))
    rows = _sums(fingerprint, projects, "0", begin, _quarter(now) + 1)
    return {project: (int(done), int(errors)) for project, _, done, errors, _ in rows}


def past_of(*, fingerprint: str, zone: ZoneInfo, now: datetime) -> Past:
    """Kept in this process for a quarter of an hour; else four queries."""
    quarter = _quarter(now)
    place = f"overview-past:{fingerprint}:{zone.key}:{quarter}"
    kept: Past | None = caches["process"].get(place)
    if kept is None:
        kept = _read_past(fingerprint, zone, now)
        caches["process"].set(place, kept, KEPT)
    return kept


def projects_of(*, fingerprint: str) -> list[str]:
    """Digests of all projects with any work under the key. One query."""
    statement = PROJECTS.format(table=connection.ops.quote_name(TABLE))
    with connection.cursor() as cursor:
        cursor.execute(statement, [fingerprint, fingerprint, MOST_PROJECTS])
        return [project for (project,) in cursor.fetchall()]


def _read_past(fingerprint: str, zone: ZoneInfo, now: datetime) -> Past:
    today = now.astimezone(zone).date()
    days = tuple(today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1))
    begins = [_quarter(day_start(day, zone)) for day in days]
    passed = _quarter(now) - begins[-1]  # quarters of today that are over
    bounds = _bounds(begins, passed)
    projects = projects_of(fingerprint=fingerprint)
    rows = _sums(fingerprint, projects, _part(bounds), begins[0], begins[-1])
    done: dict[str, list[list[int]]] = {}
    before: dict[str, list[int]] = {}
    during: dict[str, list[int]] = {}
    watched = [0] * len(days)
    for project, part, completed, errors, seconds in rows:
        day, third = bounds[int(part)][1:]
        watched[day] += int(seconds)
        sums = done.setdefault(project, [[0, 0] for _ in days[:-1]])[day]
        sums[0] += int(completed)
        sums[1] += int(errors)
        for place, of in ((0, before), (1, during)):
            if third == place:
                of.setdefault(project, [0] * len(days))[day] += int(completed) + int(errors)
    off = off_days(fingerprint=fingerprint, days=days, zone=zone)
    return Past(
        days=days,
        off=off,
        compared=_usable(fingerprint, days, off, watched, zone),
        projects=tuple(projects),
        done={project: tuple((a, b) for a, b in sums) for project, sums in done.items()},
        before={project: tuple(sums) for project, sums in before.items()},
        during={project: tuple(sums) for project, sums in during.items()},
    )


Bound = tuple[int, int, int]


def _bounds(begins: Sequence[int], passed: int) -> list[Bound]:
    """(end, day, third): parts of the days before today, in the order of time.

    third: 0 up to this time of the day, 1 the quarter of an hour in which we are, 2 the rest.
    """
    found: list[Bound] = []
    for day, (begin, end) in enumerate(pairwise(begins)):
        if day < len(begins) - 1 - COMPARED:
            found.append((end, day, 2))
            continue
        cuts = (min(begin + passed, end), min(begin + passed + 1, end), end)
        found += [(cut, day, third) for third, cut in enumerate(cuts)]
    return found


def _part(bounds: Sequence[Bound]) -> str:
    """SQL for the number of the part that a quarter is in."""
    whens = " ".join(f"WHEN quarter < {end:d} THEN {at:d}" for at, (end, *_) in enumerate(bounds))
    return f"CASE {whens} END"


def _sums(
    fingerprint: str, projects: Collection[str], part: str, begin: int, end: int
) -> list[tuple[Any, ...]]:
    """Rows of project, part, completed, errors, seconds watched."""
    if not projects:
        return []
    some = sorted(projects)[:MOST_PROJECTS]
    statement = SUMS.format(
        part=part, table=connection.ops.quote_name(TABLE), projects=placeholders(some)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [fingerprint, *some, begin, end])
        return list(cursor.fetchall())


def off_days(*, fingerprint: str, days: Sequence[date], zone: ZoneInfo) -> tuple[bool, ...]:
    """Which days are off, by the rhythm of the key; Saturday and Sunday where it has none yet."""
    weights = Rhythm.objects.filter(fingerprint=fingerprint).values_list("weights", flat=True)
    hours = weights.first()
    if not hours:
        return tuple(day.weekday() >= 5 for day in days)
    work = [_work_of(day, hours, zone) for day in days]
    most = max(work)
    return tuple(one < OFF_BELOW * most for one in work)


def _work_of(day: date, weights: Sequence[float], zone: ZoneInfo) -> float:
    first = int(day_start(day, zone).timestamp()) // HOUR - MONDAY
    return sum(weights[(first + hour) % WEEK] for hour in range(A_DAY))


def _usable(
    fingerprint: str,
    days: Sequence[date],
    off: Sequence[bool],
    watched: Sequence[int],
    zone: ZoneInfo,
) -> tuple[int, ...]:
    """Places of the days that today is compared with: of its kind, and watched."""
    last = len(days) - 1
    wanted = [place for place in range(last - COMPARED, last) if off[place] == off[last]]
    missed = _missed(fingerprint, days, zone)
    return tuple(place for place in wanted if watched[place] and missed[place] <= LONGEST_GAPS)


def _missed(fingerprint: str, days: Sequence[date], zone: ZoneInfo) -> list[timedelta]:
    """How long the key was not read on each day."""
    begins = [day_start(day, zone) for day in (*days, days[-1] + timedelta(days=1))]
    rows = WatchGap.objects.filter(fingerprint=fingerprint, until__gt=begins[0])
    gaps = list(rows.values_list("since", "until"))
    return [
        sum(
            (max(timedelta(), min(until, end) - max(since, begin)) for since, until in gaps),
            timedelta(),
        )
        for begin, end in pairwise(begins)
    ]


def _quarter(moment: datetime) -> int:
    return int(moment.timestamp()) // QUARTER
