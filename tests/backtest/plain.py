"""The plain average since opening: what the estimate is compared with."""

import numpy as np

from batches.services.forecast.reasons import Reason
from batches.services.forecast.types import Context, Range, Series, Silence
from tests.backtest.watching import IN_PROGRESS

TEN_PERCENT = 1.2816  # standard deviations of the normal distribution


def estimate(series: Series, now: float, context: Context) -> Range | Silence:
    """Its range is what chance alone explains: tasks are done independently, at one speed."""
    done = _last_known(series.total) - _last_known(series.pending)
    left = _last_known(series.pending)
    begun = series.at[series.status == IN_PROGRESS]
    hours = now - (begun[0] if len(begun) else context.created_at)
    if not done > 0 or not left > 0 or hours <= 0:
        return Silence(reason=Reason.FEW_DONE)
    mid, spread = left * hours / done, TEN_PERCENT / np.sqrt(done)
    ends = (mid / (1 + spread), mid, mid / max(1 - spread, 0.1))
    low, mid, high = (float(now + max(seconds, 1.0)) for seconds in ends)
    return Range(low=low, mid=mid, high=high)


def _last_known(counts: np.ndarray) -> float:
    known = counts[np.isfinite(counts)]
    return float(known[-1]) if len(known) else 0.0
