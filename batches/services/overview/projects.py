"""The projects of a key that have open batches, each as a row of the overview."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from batches.models import AlarmKind
from batches.models.names import name_digest
from batches.refonte import IN_PROGRESS, STAGING, Counts
from batches.services.batches.progress import Progress
from batches.services.overview.pace import Paces
from batches.services.overview.types import Attention, HowFar, OpenBatch, ProjectRow
from batches.services.overview.when_done import has_range, when_done

MOST = 60  # rows of a page; those with the most tasks left


def how_far(batches: Iterable[OpenBatch]) -> HowFar:
    """Of all tasks of these batches, as far as they are counted."""
    some = tuple(batches)
    counted = [one for one in some if one.total is not None]
    return HowFar(
        progress=progress_of(counted), batches=len(some), uncounted=len(some) - len(counted)
    )


def progress_of(batches: Iterable[OpenBatch]) -> Progress:
    """As if they were one batch."""
    completed = error = canceled = left = 0
    is_counted = is_running = False
    for one in batches:
        is_running = is_running or one.status == IN_PROGRESS
        if one.total is None:
            continue
        is_counted = True
        completed += one.counts.completed or 0
        error += one.counts.error or 0
        canceled += one.counts.canceled or 0
        left += one.left
    counts = Counts(pending=left, completed=completed, error=error, canceled=canceled)
    return Progress(
        counts=counts if is_counted else Counts(),
        status=IN_PROGRESS if is_running else STAGING,
        is_read=is_counted,
    )


def project_rows(
    *, batches: Sequence[OpenBatch], attention: Attention, paces: Paces, now: datetime
) -> tuple[tuple[ProjectRow, ...], int]:
    """By name, so that each keeps its place; and how many projects more there are."""
    by_project: defaultdict[str | None, list[OpenBatch]] = defaultdict(list)
    for one in batches:
        by_project[one.project].append(one)
    most = sorted(by_project, key=lambda name: -sum(one.left for one in by_project[name]))[:MOST]
    shown = sorted(most, key=lambda name: (name is None, (name or "").casefold(), name or ""))
    alarms = _alarms(attention)
    rows = (_row(name, by_project[name], alarms, paces, now) for name in shown)
    return tuple(rows), len(by_project) - len(most)


Alarms = dict[AlarmKind, set[str]]


def _alarms(attention: Attention) -> Alarms:
    """Names of batches by kind."""
    found: Alarms = defaultdict(set)
    for worry in attention.worries:
        found[worry.kind] |= {alarm.name for alarm in worry.alarms}
    return found


def _row(
    name: str | None, batches: list[OpenBatch], alarms: Alarms, paces: Paces, now: datetime
) -> ProjectRow:
    names = {one.name for one in batches}
    expected = [one for one in batches if has_range(one)]
    return ProjectRow(
        name=name,
        progress=progress_of(batches),
        running=sum(one.status == IN_PROGRESS for one in batches),
        staging=sum(one.status == STAGING for one in batches),
        forgotten=len(names & alarms.get(AlarmKind.STAGING, set())),
        stalled=len(names & alarms.get(AlarmKind.STALLED, set())),
        pace=paces.of(name_digest(name or "")),
        next_batch=min(expected, key=_expected, default=None),
        done=when_done(batches=batches, now=now),
    )


def _expected(batch: OpenBatch) -> datetime:
    if batch.estimate is None or batch.estimate.mid is None:  # `has_range` was asked
        raise ValueError(batch.name)
    return batch.estimate.mid
