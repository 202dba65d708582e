"""Whether a due date is kept, by the stored estimate. Imports no numpy."""

from datetime import datetime, timedelta

from batches.models import Alarm, AlarmKind, Estimate, SeenBatch
from batches.services.attention.types import FRESH, Facts, Finding, Place, Verdicts

# The range moves a little with each estimate: to be safe again, a date must be so much of it
# outside.
MARGIN = 0.1
LEAST_MARGIN = timedelta(minutes=30)
WORSE = {place: number for number, place in enumerate(Place)}


def find_risk(
    batch: SeenBatch,
    *,
    due: datetime | None,
    estimate: Estimate | None,
    alarm: Alarm | None,
    now: datetime,
) -> Verdicts:
    """due: None where the batch has no due date any more."""
    if due is None:
        return {AlarmKind.AT_RISK: None}
    # Refonte may have completed it since anybody looked
    if batch.status_at is None or now - batch.status_at > FRESH:
        return {}
    if due <= now:
        return {AlarmKind.AT_RISK: _finding(due, Place.OVERDUE, estimate, alarm)}
    if estimate is None or not _holds(estimate, now):
        # a date that was moved is another one, of which nothing is known yet
        return {AlarmKind.AT_RISK: None} if alarm and _due_of(alarm) != _seconds(due) else {}
    place = _place(due, estimate, alarm, now)
    return {AlarmKind.AT_RISK: _finding(due, place, estimate, alarm) if place else None}


def _holds(estimate: Estimate, now: datetime) -> bool:
    """Whether there is a range, and it is not over or of long ago."""
    is_fresh = now - estimate.as_of <= FRESH
    return bool(estimate.low and estimate.high and estimate.high > now and is_fresh)


def _place(due: datetime, estimate: Estimate, alarm: Alarm | None, now: datetime) -> Place | None:
    assert estimate.low and estimate.high  # noqa: S101, PT018 - see `_holds`  # nosec B101
    is_same = alarm is not None and _due_of(alarm) == _seconds(due)
    margin = max(LEAST_MARGIN, MARGIN * (estimate.high - max(now, estimate.low)))
    before = alarm is not None and is_same and alarm.facts.get("place") == Place.BEFORE
    if due < estimate.low or (before and due < estimate.low + margin):
        return Place.BEFORE
    return Place.INSIDE if due < estimate.high + (margin if is_same else timedelta()) else None


def _finding(
    due: datetime, place: Place, estimate: Estimate | None, alarm: Alarm | None
) -> Finding:
    facts: Facts = {"due": _seconds(due), "place": place.value}
    if estimate and estimate.low and estimate.high:
        facts |= {"low": _seconds(estimate.low), "high": _seconds(estimate.high)}
    known = Place(alarm.facts["place"]) if alarm else None
    return Finding(
        kind=AlarmKind.AT_RISK,
        since=alarm.since if alarm else due if place == Place.OVERDUE else _found_at(estimate, due),
        subject=f"{due:%Y-%m-%dT%H:%M} {place.value}",
        facts=facts,
        is_worse=known is not None and WORSE[place] > WORSE[known],
    )


def _found_at(estimate: Estimate | None, due: datetime) -> datetime:
    return estimate.at if estimate else due


def _due_of(alarm: Alarm) -> int:
    return int(alarm.facts["due"])


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
