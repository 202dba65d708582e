"""Times in which nobody read a batch, found in its samples. Nothing is concluded from them."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise

from batches.models import WatchGap
from batches.models.samples import STATUS_CODES
from batches.refonte import CANCELLED, COMPLETED
from batches.services.chart.types import Gap
from batches.services.observations.days import KEPT_STEPS, STEPS
from batches.services.observations.packing import Sample
from batches.services.observations.quarters import GAP

FINISHED = frozenset({STATUS_CODES[COMPLETED], STATUS_CODES[CANCELLED]})
# Old samples are further apart, as they were thinned: then only a longer step is a gap.
STEP = 2 * 60  # seconds; samples closer than that are joined by a line as any others
OLD, OLD_STEP = STEPS[-1][0], 2 * KEPT_STEPS[-1]


def breaks_of(samples: Sequence[Sample], *, now: int) -> list[int]:
    """Places of the samples that follow a gap."""
    old = now - OLD // timedelta(seconds=1)
    times = [one.at for one in samples]
    return [
        place
        for place, (before, after) in enumerate(pairwise(times), start=1)
        if after - before > GAP
        # one sample of a finished batch is enough: nothing is missing after it
        and samples[place - 1].status not in FINISHED
        and (after >= old or after - before > OLD_STEP)
    ]


def steps_of(samples: Sequence[Sample]) -> list[int]:
    """Places of the samples before which a batch was finished.

    Of a finished batch no sample is taken while it is unchanged: its counts held until here.
    """
    finished = [place for place, one in enumerate(samples[:-1], start=1) if one.status in FINISHED]
    return [place for place in finished if samples[place].at - samples[place - 1].at > STEP]


def gaps_between(
    samples: Sequence[Sample],
    breaks: Iterable[int],
    *,
    noted: Sequence[WatchGap],
    until: int | None,
) -> tuple[Gap, ...]:
    """Gaps between samples, and the one that lasts.

    noted: gaps of the key, with their reasons. until: now, None for a finished batch.
    """
    ends = [(samples[place - 1].at, samples[place].at) for place in breaks]
    if samples and until is not None and until - samples[-1].at > GAP:
        ends.append((samples[-1].at, until))
    return tuple(Gap(since, until, _reason(since, until, noted)) for since, until in ends)


def _reason(since: int, until: int, noted: Sequence[WatchGap]) -> str:
    """That of the noted gap which covers most of this one."""

    def shared(gap: WatchGap) -> float:
        return min(until, gap.until.timestamp()) - max(since, gap.since.timestamp())

    longest = max(noted, key=shared, default=None)
    return longest.reason if longest and shared(longest) > 0 else ""
