"""Reads stored estimates for pages. Computes nothing and imports no numpy."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Exists

from batches.models import ApiKey, Estimate, Rhythm, SeenBatch
from batches.models.names import name_digests
from batches.refonte import Counts
from batches.services import sql
from batches.services.estimates.types import BatchEstimate
from batches.services.forecast.reasons import Reason

# Of a usual hour of work: below it, an hour is shown as night or weekend. A share of the mean hour
# would find no night where a few work at night, as those make the mean hour small.
QUIET = 0.6

PASSING = frozenset(
    (Reason.FEW_DONE, Reason.FEW_SAMPLES, Reason.GROWING, Reason.QUIET, Reason.UNSURE)
)
# These follow from the status, whatever is counted.
WHATEVER_COUNTS = frozenset((Reason.PAUSED, Reason.NOT_STARTED, Reason.ENDED))
LONGEST_UNSEEN = timedelta(minutes=35)  # a longer step between two samples is a gap


def estimates_of(
    *, fingerprint: str, names: Iterable[str], now: datetime
) -> dict[str, BatchEstimate]:
    """By name, in one query; without the batches that have none.

    None at all while Refonte refuses the key: what was seen with it is kept, but not shown.
    """
    # from the batches, so that SQLite looks each up and does not read all estimates of all keys
    rows = SeenBatch.objects.select_related("estimate").filter(
        ~Exists(ApiKey.objects.filter(fingerprint=fingerprint, is_refused=True)),
        fingerprint=fingerprint,
        digest__in=name_digests(names),
        absent_at=None,
    )
    found = {
        row.name: shown_estimate(row.estimate, row, now) for row in rows if hasattr(row, "estimate")
    }
    return {name: one for name, one in found.items() if one}


def estimate_of(*, fingerprint: str, name: str, now: datetime) -> BatchEstimate | None:
    return estimates_of(fingerprint=fingerprint, names=[name], now=now).get(name)


def shown_estimate(
    row: Estimate, seen: SeenBatch, now: datetime, counts: Counts | None = None
) -> BatchEstimate | None:
    """A stored estimate of a batch as it may be shown now; None where something ended it.

    counts: those of `seen`, where the caller has parsed them.
    """
    if seen.absent_at is not None:
        return None
    counts = counts or Counts.parse(seen.counts or {})
    return estimate_beside(
        row, status=seen.status, counts=counts, counts_at=seen.counts_at, now=now
    )


def estimate_beside(
    row: Estimate, *, status: str | None, counts: Counts, counts_at: datetime | None, now: datetime
) -> BatchEstimate | None:
    """A stored estimate beside the newest facts of its batch; None where these end it.

    counts_at: when the counts were read, in any answer.
    """
    return _shown(row, counts_at, now) if _holds(row, status, counts) else None


class SeenEstimated(NamedTuple):
    """A recorded batch with its estimate, and `quiet_hours_of` its key."""

    seen: SeenBatch | None = None
    estimate: BatchEstimate | None = None
    quiet_hours: frozenset[int] = frozenset()


def seen_with_estimate(*, fingerprint: str, name: str, now: datetime) -> SeenEstimated:
    """In one short query, as each poll of a batch needs it; the estimate without its path.

    Not to be shown while a key is refused.
    """
    found = sql.find_seen_estimated(fingerprint=fingerprint, name=name)
    if found is None:
        return SeenEstimated()
    seen, row, weights = found
    estimate = shown_estimate(row, seen, now) if row else None
    return SeenEstimated(seen, estimate, _quiet_of(weights))


@lru_cache(maxsize=64)
def _quiet_of(weights: str) -> frozenset[int]:
    # each poll of a batch has the same text, for as long as the worker does not learn anew
    return _quiet(json.loads(weights or "[]"))


def quiet_hours_of(*, fingerprint: str) -> frozenset[int]:
    """Hours of the week, Monday 0:00 UTC is 0, in which little work is expected."""
    rows = Rhythm.objects.filter(fingerprint=fingerprint).values_list("weights", flat=True)
    return _quiet(rows.first() or [])


def _quiet(weights: Sequence[float]) -> frozenset[int]:
    # the hours weighed by the work in them, so that nights hardly count
    usual = sum(one * one for one in weights) / (sum(weights) or 1.0)
    return frozenset(hour for hour, weight in enumerate(weights) if weight < QUIET * usual)


def _holds(row: Estimate, status: str | None, counts: Counts) -> bool:
    """Whether nothing was seen since that ends it: another status, or counts that contradict it."""
    if status != row.status:
        return False
    if row.reason in WHATEVER_COUNTS or not counts.total:
        return True
    is_all_done = counts.settled >= counts.total
    return is_all_done == (row.reason == Reason.NOTHING_LEFT)


def _shown(row: Estimate, counts_at: datetime | None, now: datetime) -> BatchEstimate:
    looked_at = max(row.as_of, counts_at or row.as_of)
    reason, is_old = _reason(row, looked_at, now), now - row.as_of > LONGEST_UNSEEN
    has_range = reason is None
    return BatchEstimate(
        at=row.at,
        as_of=row.as_of,
        low=max(row.low, now) if has_range and row.low else None,
        mid=max(row.mid, now) if has_range and row.mid else None,
        high=row.high if has_range else None,
        reason=reason,
        since=row.since if has_range or reason == row.reason else looked_at,
        # "in the last hour" is not true of an hour that is over
        speed=None if is_old else row.speed,
        speed_seconds=None if is_old else row.speed_seconds,
        usual_speed=row.usual_speed,
        low_speed=row.low_speed,
        high_speed=row.high_speed,
        is_of_project=row.is_of_project,
        priority_at=row.priority_at,
        path=tuple((int(at), low, mid, high) for at, low, mid, high in row.path)
        if has_range
        else (),
    )


def _reason(row: Estimate, looked_at: datetime, now: datetime) -> Reason | None:
    """Why there is no range now; None where there is one."""
    is_over = row.high is not None and row.high <= now
    # "stalled" and the like are true only for a while; a pause is one until it ends
    is_outdated = row.reason in PASSING and now - row.as_of > LONGEST_UNSEEN
    if not (is_over or is_outdated):
        return Reason(row.reason) if row.reason else None
    # the worker is late or not there: that does not mean that nobody looked
    return Reason.NOT_WATCHED if now - looked_at > LONGEST_UNSEEN else Reason.UNSURE
