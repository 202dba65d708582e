"""What pages show of an alarm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from batches.models import AlarmKind

# Of a whole key come first, then in the order of harm.
ORDER = {kind: place for place, kind in enumerate(AlarmKind)}


class Facts(TypedDict, total=False):
    """What is stored of an alarm in `Alarm.facts`, for its words and its drawing.

    left: tasks not finished. usual: what is usual: of a stall tasks an hour, of errors their share.
    errors, tasks: of the last `tasks` that ended, so many failed; in staging `tasks` wait.
    due, low, high: epoch seconds, of a batch at risk. grew: when its total last grew.
    batches: open batches of the key. points: tasks (or errors) an hour, oldest first, at most 48.
    """

    left: int
    usual: float
    errors: int
    tasks: int
    due: int
    low: int
    high: int
    grew: int
    batches: int
    points: list[float]


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
    since: when what it is about began. began_at: when it was found.
    dismissed_by: who dismissed it, empty where it is not dismissed.
    """

    id: int
    kind: AlarmKind
    fingerprint: str
    name: str = ""
    project: str = ""
    since: datetime
    began_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    dismissed_at: datetime | None = None
    dismissed_by: str = ""
    dismissed_reason: str = ""

    @property
    def is_dismissed(self) -> bool:
        return self.dismissed_at is not None
