"""What the worker and people note about batches that a list has shown."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Alarm, AlarmKind, BatchNote, Estimate, SeenBatch
from batches.services.keys.types import KeyHandle


def seen(key: KeyHandle, name: str) -> SeenBatch:
    return SeenBatch.objects.get(fingerprint=key.fingerprint, name=name)


def estimated(
    key: KeyHandle, name: str, *, hours: tuple[float, float] | None = None, **facts: Any
) -> Estimate:
    """An estimate computed now; hours: from now to both ends of its range."""
    row, now = seen(key, name), timezone.now()
    if hours:
        low, high = (now + timedelta(hours=one) for one in hours)
        facts = {"low": low, "mid": low + (high - low) / 2, "high": high} | facts
    known = {"at": now, "as_of": now, "status": row.status or "", "total": 40} | facts
    return Estimate.objects.update_or_create(batch=row, defaults=known)[0]


def alarmed(key: KeyHandle, name: str, kind: AlarmKind, **facts: Any) -> Alarm:
    """An alarm that was found now."""
    now = timezone.now()
    usual = {"since": now, "began_at": now, "checked_at": now, "facts": {}, "subject": "1"}
    known = usual | facts
    return Alarm.objects.create(
        fingerprint=key.fingerprint, batch=seen(key, name), kind=kind, **known
    )


def noted(
    key: KeyHandle, name: str, *, due_at: datetime | None = None, owner: User | None = None
) -> BatchNote:
    known = {"due_at": due_at, "owner": owner, "changed_at": timezone.now()}
    return BatchNote.objects.create(fingerprint=key.fingerprint, name=name, **known)
