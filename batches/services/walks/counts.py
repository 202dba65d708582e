"""How many lists are read in part, to the end, or not: for `/metrics`."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from batches.models import Walk, WalkPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkCounts:
    """Keys by the state of their list, and all calls that were made for lists."""

    reading: int
    read: int
    failing: int
    calls: int


def count_walks() -> WalkCounts:
    is_all = Q(purpose=WalkPurpose.ALL)
    counted = Walk.objects.aggregate(
        reading=Count("pk", filter=is_all & Q(finished_at=None)),
        read=Count("pk", filter=is_all & Q(finished_at__isnull=False)),
        failing=Count("fingerprint", filter=Q(failures__gt=0), distinct=True),
        calls=Sum("calls"),
    )
    return WalkCounts(**counted | {"calls": counted["calls"] or 0})
