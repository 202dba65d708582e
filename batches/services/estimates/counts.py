"""What `/metrics` says of estimates: how many there are, what they cost, how late they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from batches.models import Estimate, Rhythm
from batches.services.estimates.due import find_due


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateCounts:
    """ranges, silent: estimates with a range and without. due: batches to be estimated now.

    oldest: age of the oldest estimate that is due. computed, seconds: by all workers so far.
    """

    ranges: int
    silent: int
    due: int
    oldest: timedelta
    computed: int
    seconds: float


def count_estimates(*, now: datetime) -> EstimateCounts:
    """Four queries, which read a row for each open batch."""
    rows = Estimate.objects.aggregate(all=Count("pk"), ranges=Count("pk", filter=Q(reason="")))
    cost = Rhythm.objects.aggregate(computed=Sum("computed"), seconds=Sum("seconds"))
    due = find_due(now=now).values()
    oldest = min((one.oldest for one in due if one.oldest), default=now)
    return EstimateCounts(
        ranges=rows["ranges"],
        silent=rows["all"] - rows["ranges"],
        due=sum(len(one.open) for one in due),
        oldest=max(now - oldest, timedelta()),  # the clock may have been set back since
        computed=cost["computed"] or 0,
        seconds=cost["seconds"] or 0.0,
    )
