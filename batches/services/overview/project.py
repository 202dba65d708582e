"""The page of one project."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from batches.models import AlarmKind, BatchNote, FinishedBatch, Operation, ProjectQuarter
from batches.models.names import name_digest
from batches.refonte import IN_PROGRESS, BatchPage
from batches.services.attention.project_settings import staging_hours_of
from batches.services.attention.read import notes_of
from batches.services.attention.types import OpenAlarm
from batches.services.batches.progress import Progress
from batches.services.batches.projects import known_projects
from batches.services.keys.types import ViewerKey
from batches.services.operations.history import last_priorities
from batches.services.overview.attention import attention_of
from batches.services.overview.burnup import BurnUp, read_burn_up
from batches.services.overview.freshness import look, poll_seconds
from batches.services.overview.open_batches import open_batches
from batches.services.overview.pace import Paces
from batches.services.overview.read import answers_of, key_after
from batches.services.overview.types import Answers, Attention, OpenBatch
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind

MOST = 100  # rows; the list has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """An open batch as one line. alarms: not dismissed, in the order of harm."""

    batch: OpenBatch
    alarms: tuple[OpenAlarm, ...] = ()
    due_at: datetime | None = None
    priority: Operation | None = None

    @property
    def progress(self) -> Progress:
        read = self.batch.counts_at is not None
        return Progress(counts=self.batch.counts, status=self.batch.status, is_read=read)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """answers, burn_up: None while Refonte refuses the key.

    lines: the first to be done first; more: batches besides these.
    dues: due dates of its open batches, the earliest first. staging_hours: None as in the settings.
    """

    name: str
    at: datetime
    reading: Reading[BatchPage]
    poll_seconds: int | None
    attention: Attention
    answers: Answers | None = None
    burn_up: BurnUp | None = None
    lines: tuple[BatchLine, ...] = ()
    more: int = 0
    dues: tuple[datetime, ...] = ()
    staging_hours: int | None = None


def read_project(
    *, key: ViewerKey, name: str, window: str, zone: ZoneInfo, kind: Kind
) -> ProjectPage | None:
    """None where no answer to this key ever named the project. At most one vendor call for what is
    known here, another for a project of which nothing was seen.
    """
    now = timezone.now()
    looked = look(key=key, zone=zone, kind=kind, now=now)
    key = key_after(key, looked, now)
    batches = open_batches(fingerprint=key.fingerprint, now=now, project=name)
    if not batches and not _is_known(key, name):
        return None
    attention = attention_of(key=key, keys=(), now=now, project=name)
    bare = ProjectPage(
        name=name,
        at=now,
        reading=looked.reading,
        poll_seconds=poll_seconds(looked=looked, now=now),
        attention=attention,
    )
    if looked.is_refused:
        return bare
    digest = name_digest(name)
    pace = Paces(fingerprint=key.fingerprint, projects=[digest], zone=zone, now=now).of(digest)
    answers = answers_of(batches, attention, pace, now)
    names = [one.name for one in batches]
    notes = notes_of(fingerprint=key.fingerprint, names=names, earlier=key.earlier)
    lines = _lines(key, batches, attention, notes)
    return replace(
        bare,
        answers=answers,
        burn_up=read_burn_up(
            fingerprint=key.fingerprint,
            project=name,
            batches=batches,
            done=answers.done,
            window=window,
            now=now,
        ),
        lines=lines,
        more=len(batches) - len(lines),
        dues=tuple(sorted(one.due_at for one in notes.values() if one.due_at)),
        staging_hours=staging_hours_of(fingerprint=key.fingerprint, project=name),
    )


def _is_known(key: ViewerKey, name: str) -> bool:
    of_project = {"fingerprint": key.fingerprint, "project": name_digest(name)}
    if ProjectQuarter.objects.filter(**of_project).exists():
        return True
    if FinishedBatch.objects.filter(**of_project).exists():
        return True
    return any(one.name == name for one in known_projects(key=key))


def _lines(
    key: ViewerKey,
    batches: tuple[OpenBatch, ...],
    attention: Attention,
    notes: Mapping[str, BatchNote],
) -> tuple[BatchLine, ...]:
    alarms: dict[str, list[OpenAlarm]] = {}
    for worry in attention.worries:
        for alarm in worry.alarms:
            alarms.setdefault(alarm.name, []).append(alarm)
    some = sorted(batches, key=lambda one: _place(one, alarms.get(one.name, [])))[:MOST]
    priorities = last_priorities(key=key, names=[one.name for one in some])
    return tuple(
        BatchLine(
            batch=one,
            alarms=tuple(alarms.get(one.name, ())),
            due_at=note.due_at if (note := notes.get(one.name)) else None,
            priority=priorities.get(one.name),
        )
        for one in some
    )


def _place(batch: OpenBatch, alarms: list[OpenAlarm]) -> tuple[int, float, str]:
    """Stalled ones first, then by when they are done, then those that nobody can tell."""
    if any(one.kind is AlarmKind.STALLED for one in alarms):
        return 0, 0.0, batch.name
    end = batch.estimate.high if batch.estimate else None
    if end:
        return 1, end.timestamp(), batch.name
    return 2 if batch.status == IN_PROGRESS else 3, 0.0, batch.name
