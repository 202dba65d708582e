"""What people give to a bulk, and what pages show of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from batches.models import Operation, PlanGroup

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRow:
    """One batch to create, with the fields of the form of a single one."""

    project: str
    name: str
    callback: str = ""
    calibration_batch: bool = False
    self_label_batch: bool = False
    priority: int | None = None
    tell_console: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """As a single create records them: what is empty is left out."""
        fields = ("callback", "tell_console", "calibration_batch", "self_label_batch", "priority")
        return {name: value for name in fields if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why so many rows of a group are in it: "still growing", 2."""

    text: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """tasks: of its rows as far as they are known. is_at_least: of some rows they are not."""

    group: PlanGroup
    rows: int = 0
    ticked: int = 0
    tasks: int = 0
    is_at_least: bool = False
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """message: why it is in its group, with the short reason before a colon where it has one.

    status: "" where it is unknown. read_at: when, or when that failed.
    parameters: of a create, its fields.
    """

    position: int
    name: str
    project: str
    group: PlanGroup
    message: str
    is_ticked: bool
    status: str
    total: int | None
    grew_at: datetime | None
    read_at: datetime | None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def can_tick(self) -> bool:
        return self.group in PlanGroup.tickable()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRows:
    """Some rows of one group. next: the `after` of the next page; None on the last one."""

    rows: tuple[PlanRow, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The groups sum to `chosen`.

    read: rows that are read, of `chosen`. ticked, tasks: of the rows that would be sent;
    is_at_least: of some of them the tasks are unknown. seconds: expected for all ticked rows.
    calls_a_row: to Refonte. seconds_a_row: from one row to the next. is_old: to be read again.
    """

    chosen: int
    read: int
    groups: tuple[GroupCount, ...]
    ticked: int
    tasks: int
    is_at_least: bool
    calls_a_row: int
    seconds_a_row: float
    seconds: int
    is_old: bool

    def group(self, group: PlanGroup) -> GroupCount:
        return next(one for one in self.groups if one.group == group)


class RowOutcome(StrEnum):
    """What became of a row, in the order of a receipt."""

    FAILED = "failed"  # refused, not sent, not done
    UNKNOWN = "unknown"  # sending, checking, unconfirmed
    NO_EFFECT = "no_effect"
    DONE = "done"
    LEFT_OUT = "left_out"  # its facts had changed since the plan
    LEFT = "left"  # not sent yet, or waiting to be sent
    SKIPPED = "skipped"  # never ticked


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """operation: None where nothing was made of the row. message: what is to be read beside it.

    follow_up: of a create, the operation of its first priority.
    """

    position: int
    name: str
    project: str
    outcome: RowOutcome
    message: str
    group: PlanGroup
    status: str
    total: int | None
    operation: Operation | None = None
    follow_up: Operation | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRows:
    """next: the `start` of the next page; None on the last one."""

    rows: tuple[ReceiptRow, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """done … left: rows by outcome; together they are `chosen`.

    sent: rows that have an operation which does not wait. to_send: all ticked rows.
    open: operations that are still sent or checked; the page polls while there are any.
    seconds_a_row: the present pace. full_seconds_a_row: without having been asked to wait.
    seconds_left: expected, None where it does not run. calls: with its key in this minute, those of
    people too. limit: of all together.
    """

    chosen: int
    done: int
    no_effect: int
    failed: int
    unknown: int
    skipped: int
    left_out: int
    left: int
    open: int
    calls_a_row: int
    seconds_a_row: float
    full_seconds_a_row: float
    seconds_left: int | None
    calls: int
    limit: int

    @property
    def sent(self) -> int:
        return self.done + self.no_effect + self.failed + self.unknown

    @property
    def to_send(self) -> int:
        return self.sent + self.left_out + self.left

    def count(self, outcome: RowOutcome) -> int:
        return int(getattr(self, outcome.value))
