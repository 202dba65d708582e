"""A day of one batch as a row: which days are packed, and how many samples stay by their age."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from batches.models import SampleDay
from batches.services.observations.packing import Sample, pack, thin
from batches.services.observations.quarters import GAP
from batches.services.observations.series import DAY, MINUTE

HOT = timedelta(days=2)
# Age, seconds for which one sample stands before, seconds after thinning.
STEPS = ((timedelta(days=30), MINUTE, 600), (timedelta(days=180), 600, 7200))
KEPT_STEPS = (MINUTE, 600, 7200)


def first_hot_minute(now: datetime) -> int:
    """The first minute that is not packed yet. Only whole days are packed."""
    return day_of(now - HOT) * DAY // MINUTE


def day_of(moment: datetime) -> int:
    """Days since 1970, UTC."""
    return int(moment.timestamp()) // DAY


def day_row(batch: int, day: int, samples: Sequence[Sample], *, step: int) -> SampleDay:
    """samples: of this day, at least one, in order of time. step: seconds that each stands for."""
    first, last = samples[0], samples[-1]
    return SampleDay(
        batch_id=batch,
        day=day,
        step=step,
        first_at=first.at,
        last_at=last.at,
        first_completed=first.completed,
        last_completed=last.completed,
        first_error=first.error,
        last_error=last.error,
        first_total=first.total,
        last_total=last.total,
        packed=pack(samples),
    )


def thinned_to(samples: Sequence[Sample], *, step: int) -> list[Sample]:
    return thin(samples, seconds=step, gap=GAP)
