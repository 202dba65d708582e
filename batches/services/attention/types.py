"""What the worker finds of alarms, and what pages show of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias, TypedDict

from batches.models import AlarmKind

# Of a whole key come first, then in the order of harm.
ORDER = {kind: place for place, kind in enumerate(AlarmKind)}

# A batch last looked at longer ago raises no alarm, and ends none.
FRESH = timedelta(minutes=45)


class Place(StrEnum):
    """Where a due date lies, the later the worse: beside an estimate, or behind us."""

    INSIDE = "inside"  # the range
    BEFORE = "before"  # the range
    OVERDUE = "overdue"


class Facts(TypedDict, total=False):
    """What is stored of an alarm in `Alarm.facts`, for its words and its drawing.

    left: tasks not finished. done, total: of the batch, at the last look.
    usual: what is usual: of a stall tasks an hour, of errors their share.
    errors, tasks: of the last `tasks` that ended, so many failed; in staging `tasks` wait.
    due, low, high: epoch seconds, of a batch at risk; low and high only with an estimate.
    place: where the due date lies, a `Place`. grew: when its total last grew, epoch seconds.
    batches: open batches of the key; at rest, those that are worked on at other times.
    points: tasks (or errors) an hour, oldest first, at most 48; start, end: of them, epoch s.
    """

    left: int
    done: int
    total: int
    usual: float
    errors: int
    tasks: int
    due: int
    low: int
    high: int
    place: str
    grew: int
    batches: int
    points: list[float]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that needs somebody now.

    since: when it began. subject: what a dismissal is about.
    is_worse: than what the open alarm of the same kind had; to be told once more.
    """

    kind: AlarmKind
    since: datetime
    subject: str
    facts: Facts
    is_worse: bool = False


# By kind: what was found, None where nothing is wrong. What could not be decided is not in it.
Verdicts: TypeAlias = dict[AlarmKind, Finding | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What people here set for a batch. owner: a user name. Empty where nothing is set."""

    due_at: datetime | None = None
    owner_id: int | None = None
    owner: str = ""
    text: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.due_at or self.owner or self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDismissal:
    """ended_at: taken back, or the facts of the alarm changed."""

    at: datetime
    username: str
    reason: str
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAlarm:
    """An alarm of a batch and what became of it. ended_at: None where it is still open.

    alarm: as pages show an open one. dismissals: oldest first.
    """

    alarm: "OpenAlarm"
    ended_at: datetime | None = None
    dismissals: tuple[PastDismissal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    """An alarm that has not ended.

    name, project: of its batch; empty where it is about the whole key.
    since: when what it is about began. began_at: when it was found. checked_at: when it was last
    found to be so. subject: stands for its facts; a dismissal names it.
    counts: of the batch, by state, as of counts_at.
    dismissed_by: who dismissed it, empty where it is not dismissed.
    """

    id: int
    kind: AlarmKind
    fingerprint: str
    name: str = ""
    project: str = ""
    since: datetime
    began_at: datetime
    checked_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    counts_at: datetime | None = None
    dismissed_at: datetime | None = None
    dismissed_by: str = ""
    dismissed_reason: str = ""

    @property
    def is_dismissed(self) -> bool:
        return self.dismissed_at is not None
