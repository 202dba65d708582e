"""What the estimator says of a batch, as a row for pages. The worker only: imports numpy."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from batches.models import Estimate as Row
from batches.models import SeenBatch
from batches.refonte import Counts
from batches.services.estimates.finished import moment
from batches.services.estimates.spark import spark_of
from batches.services.forecast.reasons import Reason
from batches.services.forecast.types import Estimate, Floats, Series, Silence, Speeds

# A range that ends later says no more than that nobody knows; and times have an end.
LATEST_YEAR = 9000
FEW = (Reason.FEW_DONE, Reason.FEW_SAMPLES)


def row_of(batch: SeenBatch, series: Series, found: Estimate | Silence, now: datetime) -> Row:
    """batch: as it was read before its samples, so that what came meanwhile is computed again."""
    row = Row(
        batch=batch,
        at=now,
        as_of=batch.counts_at or now,
        status=batch.status or "",
        total=Counts.parse(batch.counts or {}).total,
        spark=spark_of(series),
        **_speeds(found.speeds),
    )
    if isinstance(found, Silence):
        row.reason, row.since = found.reason, _since(found, series)
        return row
    times = _moment(found.range.low), _moment(found.range.mid), _moment(found.range.high)
    if None in times:
        row.reason = Reason.UNSURE
        return row
    row.low, row.mid, row.high = times
    row.path = _path(found.path)
    return row


def _since(found: Silence, series: Series) -> datetime | None:
    """Too little is known since the first sample."""
    if found.since is None and found.reason in FEW and len(series.at):
        return moment(series.at[0])
    return None if found.since is None else _moment(found.since)


def _moment(seconds: float) -> datetime | None:
    """None beyond what a time can be."""
    latest = datetime(LATEST_YEAR, 1, 1, tzinfo=UTC).timestamp()
    return moment(seconds) if np.isfinite(seconds) and abs(seconds) < latest else None


def _speeds(speeds: Speeds) -> dict[str, Any]:
    return {
        "speed": _speed(speeds.last_hour),
        "speed_seconds": None if speeds.seconds is None else round(speeds.seconds),
        "usual_speed": _speed(speeds.usual),
        "low_speed": _speed(speeds.low),
        "high_speed": _speed(speeds.high),
        "is_of_project": speeds.is_of_project,
        "priority_at": None if speeds.priority_at is None else _moment(speeds.priority_at),
    }


def _speed(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else max(0.0, float(value))


def _path(path: Floats) -> list[list[float]]:
    known = path[np.isfinite(path).all(axis=1)]
    return [[int(at), *(round(float(one), 2) for one in ends)] for at, *ends in known]
