"""Finds what needs somebody in the samples of a batch: stalled, errors growing, left in staging.

Pure functions of what the worker has in hand. They decide only on a batch that was looked at just
now. The worker alone: imports numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from batches.models import Alarm, AlarmKind, SeenBatch
from batches.refonte import IN_PROGRESS, STAGING, Counts
from batches.services.attention.types import FRESH, Facts, Finding, Verdicts
from batches.services.estimates.finished import moment
from batches.services.forecast.errors import error_rise_of
from batches.services.forecast.staging import staged_of
from batches.services.forecast.stall import Quiet, quiet_of, steps_of
from batches.services.forecast.tidy import tidy
from batches.services.forecast.types import Floats, Rhythm, Series
from batches.services.forecast.work_time import HOUR

FIRST_SIGHT = HOUR
POINTS = 48
DRAWN = 24 * HOUR
BEFORE = 12 * HOUR  # of the drawing, before what it shows began
# The time of a step moves by so much, as samples of older days are thinned.
THINNED = 15 * 60.0
# Errors that grew do so until half of what raised the alarm has healed: so it does not come and go.
HEALED = 0.5
TWICE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A batch as it was just read, with what is known of its account.

    usual: tasks finished in a usual hour of work. alarms: its open ones.
    past: (errors, settled tasks) of finished batches of its project.
    """

    batch: SeenBatch
    series: Series
    rhythm: Rhythm
    now: datetime
    usual: float | None = None
    past: Sequence[tuple[float, float]] = ()
    alarms: dict[AlarmKind, Alarm] = field(default_factory=dict)

    @property
    def is_fresh(self) -> bool:
        return is_fresh(self.batch, self.now)


def is_fresh(batch: SeenBatch, now: datetime) -> bool:
    """Whether its counts were read just now: nothing is decided out of a gap."""
    return batch.counts_at is not None and now - batch.counts_at <= FRESH


def quiet_at(look: Look, others: Sequence[Floats]) -> Quiet | None:
    """The quiet in which a batch is. others: `steps_of` other open batches of its key."""
    return quiet_of(look.series, now=look.now.timestamp(), rhythm=look.rhythm, others=others)


def find_stall(look: Look, quiet: Quiet | None) -> Verdicts:
    """A stall lasts until a task is completed or arrives, whatever is usual meanwhile."""
    if not look.is_fresh:
        return {}
    alarm = look.alarms.get(AlarmKind.STALLED)
    if look.batch.status != IN_PROGRESS or (alarm and _has_moved(look, alarm)):
        return {AlarmKind.STALLED: None}
    if alarm is None and not (quiet and quiet.is_stalled):
        return {AlarmKind.STALLED: None}
    since = alarm.since if alarm else moment(quiet.since if quiet else 0.0)
    facts = _progress(look.batch) | _speeds(look.series, since)
    if look.usual:
        facts["usual"] = round(look.usual, 2)
    return {AlarmKind.STALLED: _finding(AlarmKind.STALLED, since, alarm, facts)}


def find_errors(look: Look) -> Verdicts:
    """Errors of a batch in progress that have become more."""
    if not look.is_fresh:
        return {}
    if look.batch.status != IN_PROGRESS:
        return {AlarmKind.ERRORS: None}
    alarm = look.alarms.get(AlarmKind.ERRORS)
    rise = error_rise_of(look.series, past=look.past, least=HEALED if alarm else 1.0)
    if rise is None:
        return {AlarmKind.ERRORS: None}
    since = alarm.since if alarm else moment(rise.since)
    facts: Facts = {"errors": rise.errors, "tasks": rise.tasks, "usual": round(rise.usual, 4)}
    facts |= _errors_an_hour(look.series, since)
    return {AlarmKind.ERRORS: _errors_finding(alarm, since, facts)}


def find_staging(
    look: Look, *, created_at: datetime, past: Sequence[float], staging_hours: float
) -> Verdicts:
    """past: seconds that earlier batches of the project were in staging."""
    watched = look.now.timestamp() - float(look.series.at[0]) if len(look.series.at) else 0.0
    # at first sight nobody knows whether it is still filling
    if not look.is_fresh or watched < FIRST_SIGHT:
        return {}
    staged = staged_of(
        look.series,
        now=look.now.timestamp(),
        created_at=created_at.timestamp(),
        rhythm=look.rhythm,
        past=past,
        staging_hours=staging_hours,
    )
    if look.batch.status != STAGING or staged is None or not staged.is_left:
        return {AlarmKind.STAGING: None}
    tasks = total_of(look.batch)
    facts: Facts = {"tasks": tasks, "grew": int(staged.unchanged_since)}
    subject = f"{tasks} tasks"
    found = Finding(kind=AlarmKind.STAGING, since=created_at, subject=subject, facts=facts)
    return {AlarmKind.STAGING: found}


def has_moved(batch: SeenBatch, alarm: Alarm) -> bool:
    """Whether tasks were finished, or have arrived, since the alarm, by the counts alone."""
    counts = Counts.parse(batch.counts or {})
    done, total = alarm.facts.get("done"), alarm.facts.get("total")
    return (done is not None and counts.settled > done) or (
        total is not None and (counts.total or 0) > total
    )


def total_of(batch: SeenBatch) -> int:
    return Counts.parse(batch.counts or {}).total or 0


def _has_moved(look: Look, alarm: Alarm) -> bool:
    steps = steps_of(look.series)
    # tasks that came back may be done again without more being done than before
    stepped = bool(len(steps)) and float(steps[-1]) > alarm.since.timestamp() + THINNED
    counts = Counts.parse(look.batch.counts or {})
    has_left = counts.total is None or counts.settled < counts.total
    return stepped or not has_left or has_moved(look.batch, alarm)


def _finding(kind: AlarmKind, since: datetime, alarm: Alarm | None, facts: Facts) -> Finding:
    subject = alarm.subject if alarm else f"since {since:%Y-%m-%dT%H:%M}"
    return Finding(kind=kind, since=since, subject=subject, facts=facts)


def _errors_finding(alarm: Alarm | None, since: datetime, facts: Facts) -> Finding:
    """A dismissal is about a share of errors, until there are twice as many."""
    share = facts["errors"] / max(1, facts["tasks"])
    known = _share_of(alarm) if alarm else None
    is_worse = known is not None and share >= TWICE * known
    subject = f"{share:.4f} since {since:%Y-%m-%dT%H:%M}"
    if alarm and not is_worse:
        subject = alarm.subject
    return Finding(
        kind=AlarmKind.ERRORS, since=since, subject=subject, facts=facts, is_worse=is_worse
    )


def _share_of(alarm: Alarm) -> float:
    return float(alarm.subject.partition(" ")[0])


def _progress(batch: SeenBatch) -> Facts:
    counts = Counts.parse(batch.counts or {})
    found: Facts = {"done": counts.settled}
    if counts.total is not None:
        found |= {"total": counts.total, "left": max(0, counts.total - counts.settled)}
    return found


def _speeds(series: Series, since: datetime) -> Facts:
    course = tidy(series)
    finished = np.append(0.0, np.cumsum(course.steps))
    return _an_hour(course.at, finished[: len(course.at)], since)


def _errors_an_hour(series: Series, since: datetime) -> Facts:
    known = np.isfinite(series.error)
    return _an_hour(series.at[known], np.maximum.accumulate(series.error[known]), since)


def _an_hour(at: Floats, count: Floats, since: datetime) -> Facts:
    """What was counted in an hour: in the last day, or since a while before it began."""
    if len(at) < 2:
        return {}
    end = float(at[-1])
    start = max(float(at[0]), min(end - DRAWN, since.timestamp() - BEFORE))
    edges = np.linspace(start, end, POINTS + 1)
    steps = np.diff(np.interp(edges, at, count)) / ((end - start) / POINTS / HOUR)
    return {
        "points": [round(float(one), 1) for one in steps],
        "start": int(start),
        "end": int(end),
    }
