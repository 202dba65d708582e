"""Deletes alarms that ended long ago, and ends those of keys that nobody has any more."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from batches.models import Alarm, AlarmCheck, ApiKey
from batches.services.attention.store import end


def prune(*, now: datetime) -> None:
    """Alarms are kept as long as samples, and their dismissals with them."""
    oldest = now - timedelta(days=settings.OBSERVATION_DAYS)
    Alarm.objects.filter(ended_at__lt=oldest).delete()
    owned = ApiKey.objects.values("fingerprint")
    AlarmCheck.objects.exclude(fingerprint__in=owned).delete()
    # a replaced key has another fingerprint: nobody looks at the former one any more
    lost = Alarm.objects.exclude(fingerprint__in=owned).filter(ended_at=None)
    with transaction.atomic():
        end(list(lost.select_related("batch").select_for_update(of=("self",))), now=now)
