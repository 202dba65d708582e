"""Reads stored estimates for pages. Computes nothing and imports no numpy."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from batches.models import Estimate, Rhythm, SeenBatch
from batches.models.names import name_digest
from batches.services import sql
from batches.services.estimates.types import BatchEstimate
from batches.services.forecast.reasons import Reason

QUIET = 0.3  # of the mean hour: below it, an hour is shown as night or weekend


def estimates_of(
    *, fingerprint: str, names: Iterable[str], now: datetime
) -> dict[str, BatchEstimate]:
    """By name, in one query; without the batches that have none."""
    digests = [name_digest(name) for name in names]
    rows = Estimate.objects.select_related("batch").filter(
        batch__fingerprint=fingerprint, batch__digest__in=digests
    )
    return {row.batch.name: _shown(row, now) for row in rows}


def estimate_of(*, fingerprint: str, name: str, now: datetime) -> BatchEstimate | None:
    return estimates_of(fingerprint=fingerprint, names=[name], now=now).get(name)


class SeenEstimated(NamedTuple):
    """A recorded batch with its estimate, and `quiet_hours_of` its key."""

    seen: SeenBatch | None = None
    estimate: BatchEstimate | None = None
    quiet_hours: frozenset[int] = frozenset()


def seen_with_estimate(*, fingerprint: str, name: str, now: datetime) -> SeenEstimated:
    """In one short query, as each poll of a batch needs it; the estimate without its path."""
    found = sql.find_seen_estimated(fingerprint=fingerprint, name=name)
    if found is None:
        return SeenEstimated()
    seen, row, weights = found
    return SeenEstimated(seen, _shown(row, now) if row else None, _quiet_of(weights))


@lru_cache(maxsize=64)
def _quiet_of(weights: str) -> frozenset[int]:
    # each poll of a batch has the same text, for as long as the worker does not learn anew
    return _quiet(json.loads(weights or "[]"))


def quiet_hours_of(*, fingerprint: str) -> frozenset[int]:
    """Hours of the week, Monday 0:00 UTC is 0, in which little work is expected."""
    rows = Rhythm.objects.filter(fingerprint=fingerprint).values_list("weights", flat=True)
    return _quiet(rows.first() or [])


def _quiet(weights: Iterable[float]) -> frozenset[int]:
    return frozenset(hour for hour, weight in enumerate(weights) if weight < QUIET)


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
        speed=row.speed,
        usual_speed=row.usual_speed,
        low_speed=row.low_speed,
        high_speed=row.high_speed,
        path=tuple((int(at), low, mid, high) for at, low, mid, high in row.path)
        if has_range
        else (),
    )
