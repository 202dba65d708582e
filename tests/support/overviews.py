"""A key with open batches, their estimates, alarms and past work, as the worker stores them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from batches.models import (
    Alarm,
    AlarmKind,
    Estimate,
    FinishedBatch,
    ProjectQuarter,
    SeenBatch,
    Watch,
)
from batches.models.names import name_digest
from batches.services.observations.quarters import QUARTER
from tests.support.clock import NOON
from tests.support.samples import seen_batch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def watch(fingerprint: str, at: datetime = NOON) -> None:
    """The worker read the key at this time."""
    Watch.objects.update_or_create(fingerprint=fingerprint, defaults={"read_at": at})


def open_batch(
    fingerprint: str,
    name: str,
    *,
    project: str = "kittens",
    done: int = 30,
    total: int = 100,
    errors: int = 0,
    status: str = "in_progress",
    expected: tuple[float, float] | None = None,
    reason: str = "",
    created_at: datetime = NOON - DAY,
) -> SeenBatch:
    """expected: hours from noon to the ends of its range. reason: why there is none."""
    counts = {"completed": done - errors, "error": errors, "pending": total - done, "canceled": 0}
    row = seen_batch(
        fingerprint,
        name,
        project=project,
        status=status,
        status_at=NOON,
        seen_at=NOON,
        created_at=created_at,
        counts=counts,
        counts_at=NOON,
    )
    if expected or reason:
        low, high = expected or (None, None)
        Estimate.objects.update_or_create(
            batch=row,
            defaults={
                "at": NOON,
                "as_of": NOON,
                "status": status,
                "total": total,
                "reason": reason,
                **_range(low, high),
            },
        )
    return row


def _range(low: float | None, high: float | None) -> dict[str, Any]:
    if low is None or high is None:
        return {"low": None, "mid": None, "high": None, "path": []}
    mid = (low * high) ** 0.5 if low > 0 else high / 2
    ends = {"low": NOON + low * HOUR, "mid": NOON + mid * HOUR, "high": NOON + high * HOUR}
    # all is done at the ends
    path = [
        [int(at.timestamp()), *(100 * (at >= end) for end in ends.values())] for at in ends.values()
    ]
    return {**ends, "path": [[at, *sorted(done)] for at, *done in path]}


def raise_alarm(kind: AlarmKind, row: SeenBatch | None, **facts: Any) -> Alarm:
    fingerprint = facts.pop("fingerprint", row.fingerprint if row else "")
    known: dict[str, Any] = {"left": 70, "usual": 30.0, "tasks": 100}
    known["grew"] = int((NOON - DAY).timestamp())
    known |= {"errors": 22, "batches": 3, "points": [3.0, 2.0, 1.0, 0.0]}
    known |= {
        "due": int((NOON + HOUR).timestamp()),
        "low": int((NOON + HOUR).timestamp()),
        "high": int((NOON + 2 * HOUR).timestamp()),
    }
    since = facts.pop("since", NOON - 3 * HOUR)
    dismissed = {name: facts.pop(name) for name in [*facts] if name.startswith("dismissed_")}
    return Alarm.objects.create(
        kind=kind,
        fingerprint=fingerprint,
        batch=row,
        since=since,
        began_at=since,
        checked_at=NOON,
        facts=known | facts,
        subject="1",
        **dismissed,
    )


def worked(
    fingerprint: str, moment: datetime, completed: int, *, project: str = "kittens", **sums: int
) -> None:
    """So many tasks ended in the quarter of an hour of this moment."""
    row, _ = ProjectQuarter.objects.get_or_create(
        fingerprint=fingerprint,
        project=name_digest(project),
        quarter=int(moment.timestamp()) // QUARTER,
    )
    row.completed += completed
    row.watched += sums.pop("watched", QUARTER)
    for name, value in sums.items():
        setattr(row, name, getattr(row, name) + value)
    row.save()


HOURS = (8, 9, 10, 11, 13, 14, 15, 16)  # not the one after noon, in which tests ask


def worked_days(
    fingerprint: str, days: int, *, hours: Sequence[int] = HOURS, each: int = 40
) -> None:
    """On each of the last days, today too up to now, so many tasks in each of these hours, UTC."""
    for ago in range(days + 1):
        for hour in hours:
            at = (NOON - ago * DAY).replace(hour=hour)
            if at < NOON:
                worked(fingerprint, at, each)


def ended(fingerprint: str, name: str, at: datetime, *, project: str = "kittens") -> SeenBatch:
    counts = {"completed": 97, "error": 3, "pending": 0, "canceled": 0}
    row = seen_batch(
        fingerprint,
        name,
        project=project,
        status="completed",
        counts=counts,
        counts_at=at,
        created_at=at - DAY,
        seen_at=at,
    )
    FinishedBatch.objects.create(
        batch=row,
        fingerprint=fingerprint,
        project=name_digest(project),
        status=4,
        ended_at=at,
        settled=100,
        errors=3,
    )
    return row
