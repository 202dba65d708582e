"""What the plan says of a row, by what is known of its batch. Pure functions.

A message begins with its short reason; where there is more to say, that comes after a colon.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from batches.models import PlanGroup, SeenBatch
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, STAGING, Counts
from batches.services.clock import is_older

GROWING = timedelta(hours=1)  # for so long after its total grew, more tasks are expected
NOT_KNOWN = "Not known to this key: there is none of that name, or it is of the other mode"
ENDED = {COMPLETED: "Completed", CANCELLED: "Cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Fresh facts of a batch. None: the answer did not have it. is_absent: there is none."""

    status: str | None = None
    total: int | None = None
    grew_at: datetime | None = None
    project: str = ""
    is_absent: bool = False

    @classmethod
    def of_row(cls, row: SeenBatch, *, since: datetime) -> "Facts":
        """What answers to questions since then have said."""
        counts_are_fresh = row.counts_at is not None and row.counts_at >= since
        status_is_fresh = row.status_at is not None and row.status_at >= since
        return cls(
            status=row.status if status_is_fresh else None,
            total=Counts.parse(row.counts or {}).total if counts_are_fresh else None,
            grew_at=row.grew_at,
            project=row.project or "",
            is_absent=row.absent_at is not None and row.absent_at >= since,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    group: PlanGroup
    message: str


def judge_finalize(facts: Facts, *, now: datetime) -> Verdict:
    """Unticked where a person should look first: it cannot be undone."""
    if facts.is_absent:
        return _impossible(NOT_KNOWN)
    if facts.status is None:
        return _look_first("Status unknown: Refonte did not say it")
    if facts.status == IN_PROGRESS:
        return Verdict(group=PlanGroup.SKIPPED, message="Already in progress")
    if facts.status != STAGING:
        other = f"Not staging: its status is {facts.status}"
        return _impossible(ENDED.get(facts.status, other))
    return _judge_staging(facts, now)


def _judge_staging(facts: Facts, now: datetime) -> Verdict:
    if facts.total is None:
        return _look_first("Tasks unknown: Refonte does not say how many there are")
    if facts.total == 0:
        return _look_first("Empty: finalizing it would end it with no task")
    if is_growing(facts, now=now):
        return _look_first("Still growing: tasks came in the last hour")
    return Verdict(group=PlanGroup.WILL_DO, message="Starts; no task can be added")


def is_growing(facts: Facts, *, now: datetime) -> bool:
    return facts.grew_at is not None and not is_older(facts.grew_at, now=now, than=GROWING)


def growing(came: int) -> str:
    """The message where it is known how many tasks came."""
    return f"Still growing: {tasks(came)} came in the last hour"


def tasks(number: int) -> str:
    return "1 task" if number == 1 else f"{number:,} tasks"


def judge_prioritize(facts: Facts, *, priority: int, already_by: str) -> Verdict:
    """already_by: who sent that priority last; empty where another or none is the last."""
    if facts.is_absent:
        return _impossible(NOT_KNOWN)
    if facts.status in ENDED:
        return _impossible(ENDED[facts.status])
    if already_by:
        message = f"Already so: {priority} was the last one sent from here, by {already_by}"
        return Verdict(group=PlanGroup.SKIPPED, message=message)
    if facts.status is None:
        return _look_first("Status unknown: Refonte did not say it")
    if facts.status not in (STAGING, IN_PROGRESS):
        return _look_first(f"Other status: {facts.status}, in which it may have no effect")
    return Verdict(group=PlanGroup.WILL_DO, message=f"Priority {priority}")


def judge_create(*, is_taken: bool, created_by: str) -> Verdict:
    """created_by: who has created it from here, in the same project; empty where nobody has."""
    if not is_taken:
        return Verdict(group=PlanGroup.WILL_DO, message="Will be created")
    if created_by:
        message = f"Already created: from here, by {created_by}"
        return Verdict(group=PlanGroup.SKIPPED, message=message)
    return _impossible("Name taken: there is a batch of that name")


def not_read(message: str) -> Verdict:
    return _look_first(f"Not read: {message}")


def unaddressable() -> Verdict:
    return _impossible("Name without an address: no URL can have it")


def _look_first(message: str) -> Verdict:
    return Verdict(group=PlanGroup.LOOK_FIRST, message=message)


def _impossible(message: str) -> Verdict:
    return Verdict(group=PlanGroup.IMPOSSIBLE, message=message)
