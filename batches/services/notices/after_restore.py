"""Deliveries in a restored backup: nothing of them is sent by itself.

What was sent after the backup was made still waits in it, and would be sent once more.
"""

from django.db import transaction
from django.utils import timezone

from batches.models import Delivery, DeliveryState, Notice

REASON = "Restored from a backup; not sent, as it may have been sent already."


@transaction.atomic
def drop_waiting() -> int:
    """Returns how many deliveries that were. Notices that were not spread yet are told nobody."""
    now = timezone.now()
    waiting = Delivery.objects.select_for_update().filter(state=DeliveryState.WAITING)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True))
    Notice.objects.filter(spread_at=None).update(spread_at=now)
    for start in range(0, len(ids), 500):  # SQLite takes few values in a statement
        Delivery.objects.filter(pk__in=ids[start : start + 500]).update(
            state=DeliveryState.DROPPED, reason=REASON, ended_at=now
        )
    return len(ids)
