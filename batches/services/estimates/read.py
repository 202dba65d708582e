"""Reads stored estimates for pages. Computes nothing and imports no numpy."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F

from batches.models import Estimate, Rhythm
from batches.models.names import name_digest
from batches.refonte import Counts
from batches.services.estimates.types import BatchEstimate
from batches.services.forecast.reasons import Reason

QUIET = 0.3  # of the mean hour: below it, an hour is shown as night or weekend

LONGEST_UNSEEN = timedelta(minutes=35)  # a longer step between two samples is a gap


def estimates_of(
    *, fingerprint: str, names: Iterable[str], now: datetime
) -> dict[str, BatchEstimate]:
    """By name, in one query; without the batches that have none."""
    digests = [name_digest(name) for name in names]
    rows = Estimate.objects.select_related("batch").filter(
        # not of a batch that has ended, or was paused, since it was computed
        batch__fingerprint=fingerprint,
        batch__digest__in=digests,
        batch__status=F("status"),
        batch__absent_at=None,
    )
    return {row.batch.name: _shown(row, now) for row in rows if not _is_over(row)}


def estimate_of(*, fingerprint: str, name: str, now: datetime) -> BatchEstimate | None:
    return estimates_of(fingerprint=fingerprint, names=[name], now=now).get(name)


def quiet_hours_of(*, fingerprint: str) -> frozenset[int]:
    """Hours of the week, Monday 0:00 UTC is 0, in which little work is expected."""
    rows = Rhythm.objects.filter(fingerprint=fingerprint).values_list("weights", flat=True)
    weights = rows.first() or []
    return frozenset(hour for hour, weight in enumerate(weights) if weight < QUIET)


def _is_over(row: Estimate) -> bool:
    """All tasks are done by now: beside "all done" no range may stand."""
    counts, has_range = Counts.parse(row.batch.counts or {}), not row.reason
    return has_range and bool(counts.total) and counts.settled >= (counts.total or 0)


def _shown(row: Estimate, now: datetime) -> BatchEstimate:
    # a range that has ended before now says nothing any more: the worker is late, or not there
    is_over = row.high is not None and row.high <= now
    reason = Reason.NOT_WATCHED if is_over else Reason(row.reason) if row.reason else None
    has_range = reason is None
    return BatchEstimate(
        at=row.at,
        as_of=row.as_of,
        low=max(row.low, now) if has_range and row.low else None,
        mid=max(row.mid, now) if has_range and row.mid else None,
        high=row.high if has_range else None,
        reason=reason,
        since=row.as_of if is_over else row.since,
        # "in the last hour" is not true of an hour that nobody watched to its end
        speed=None if now - row.as_of > LONGEST_UNSEEN else row.speed,
        usual_speed=row.usual_speed,
        low_speed=row.low_speed,
        high_speed=row.high_speed,
        path=tuple((int(at), low, mid, high) for at, low, mid, high in row.path)
        if has_range
        else (),
    )
