"""What the overview and the page of a project are made of."""

from dataclasses import dataclass, field
from datetime import date, datetime

from batches.models import AlarmKind, Operation
from batches.refonte import Counts
from batches.services.attention.types import OpenAlarm
from batches.services.batches.progress import Progress
from batches.services.estimates.types import BatchEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """A batch in staging or in progress, as last seen. estimate: None where it has none.

    total: tasks, None where they were never counted. left: those that have not ended.
    """

    id: int
    name: str
    project: str | None
    status: str
    created_at: datetime | None
    counts: Counts
    counts_at: datetime | None
    total: int | None
    left: int
    estimate: BatchEstimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HowFar:
    """Of all tasks of open batches. uncounted: batches whose counts were never read."""

    progress: Progress
    batches: int
    uncounted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WhenDone:
    """All of them are done between low and high at least 8 times in 10; None without an estimate.

    silent: batches in progress without an estimate, which are left out, and `left`, their tasks.
    running: batches in progress.
    """

    low: datetime | None = None
    high: datetime | None = None
    running: int = 0
    silent: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """batches: with an alarm that is open and not dismissed. kinds: how many by kind, in the order
    of harm. since: when the alarm began, of a kind with one batch.
    """

    batches: int = 0
    kinds: tuple[tuple[AlarmKind, int, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """Tasks that ended on one day. is_off: little work is usual on this day of the week."""

    day: date
    completed: int
    errors: int
    is_off: bool = False

    @property
    def tasks(self) -> int:
        return self.completed + self.errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Work of today beside that of other days of its kind, up to the same time of day.

    days: 14, oldest first, the last is today. by_now: tasks that ended today.
    usual: what the days compared had by this time; usual_day: in the whole day. None without one.
    compared: how many days. rest: tasks still expected today.
    """

    days: tuple[Day, ...] = ()
    by_now: int = 0
    usual: float | None = None
    usual_day: float | None = None
    compared: int = 0

    @property
    def change(self) -> float | None:
        """-0.29 for 29 % less than usual; None where nothing is usual."""
        return None if not self.usual else self.by_now / self.usual - 1

    @property
    def rest(self) -> int:
        """As the rest of a usual day, at the speed of today so far."""
        if self.usual_day is None or self.usual is None:
            return 0
        speed = self.by_now / self.usual if self.usual else 1.0
        return max(0, round((self.usual_day - self.usual) * speed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How far, when done, what is stuck, whether work keeps up."""

    far: HowFar
    done: WhenDone
    stuck: Stuck
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Worry:
    """One row of what needs attention: an alarm, or several of one kind.

    key_id, key_label, key_last, key_mode: of a key that is refused and that the person owns.
    """

    kind: AlarmKind
    alarms: tuple[OpenAlarm, ...]
    key_id: str = ""
    key_label: str = ""
    key_last: str = ""
    key_mode: str = ""

    @property
    def first(self) -> OpenAlarm:
        return self.alarms[0]

    @property
    def is_group(self) -> bool:
        return len(self.alarms) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """worries: in the order of harm. dismissed: how many alarms somebody dismissed."""

    worries: tuple[Worry, ...] = ()
    dismissed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A project with open batches. name: None where Refonte does not say the project.

    staging, running: batches. forgotten: of those in staging, with an alarm; stalled: likewise.
    next_batch: the one that is expected first.
    """

    name: str | None
    progress: Progress
    running: int
    staging: int
    forgotten: int = 0
    stalled: int = 0
    pace: Pace = field(default_factory=Pace)
    next_batch: OpenBatch | None = None
    done: WhenDone = field(default_factory=WhenDone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A batch that completed."""

    name: str
    at: datetime
    tasks: int
    errors: int
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """oldest: of the counts of batches in progress. is_watched: the worker reads the key now."""

    is_watched: bool
    oldest: datetime | None = None
    old: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What just completed, how many did in 7 days, and the last operations."""

    completed: tuple[Completed, ...] = ()
    in_week: int = 0
    operations: tuple[Operation, ...] = ()
