"""How many deliveries wait or failed, for `/metrics`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from batches.models import Delivery, DeliveryState, Notice
from batches.services.notices.events import BELL

LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCounts:
    """waiting: now. failed, dropped: ended so within a day. oldest: how late the latest is."""

    waiting: int
    failed: int
    dropped: int
    to_spread: int
    oldest: timedelta


def count_deliveries(*, now: datetime) -> DeliveryCounts:
    """Three queries, of few rows each."""
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING).exclude(way=BELL)
    found = waiting.aggregate(number=Count("pk"), oldest=Min("due_at"))
    ended = Delivery.objects.filter(
        created_at__gt=now - 2 * LATELY,
        ended_at__gt=now - LATELY,
        state__in=(DeliveryState.FAILED, DeliveryState.DROPPED),
    )
    by_state = dict(ended.order_by().values_list("state").annotate(Count("pk")))
    late = now - found["oldest"] if found["oldest"] else timedelta()
    return DeliveryCounts(
        waiting=found["number"],
        failed=by_state.get(DeliveryState.FAILED, 0),
        dropped=by_state.get(DeliveryState.DROPPED, 0),
        to_spread=Notice.objects.filter(spread_at=None).count(),
        oldest=max(late, timedelta()),
    )
