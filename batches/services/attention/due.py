"""Which keys are to be looked through for alarms now. Imports no numpy."""

from datetime import datetime, timedelta

from django.db.models import Max

from batches.models import Alarm, AlarmCheck, AlarmKind, ApiKey, BatchNote
from batches.services import clock
from batches.services.background import consent

# Alarms of single batches are also looked for whenever a batch is estimated.
EVERY = timedelta(minutes=1)


def due_keys(*, now: datetime) -> set[str]:
    """Watched keys not looked through for a minute, or with a note that was changed since; and
    keys that Refonte refuses, or accepts again. Five queries."""
    watched = consent.watched_fingerprints()
    found = _refused_or_accepted()
    checked = dict(AlarmCheck.objects.values_list("fingerprint", "at"))
    noted = _noted(watched)
    for key in watched:
        at = checked.get(key)
        if at is None or clock.is_older(at, now=now, than=EVERY) or noted.get(key, at) > at:
            found.add(key)
    return found


def is_due(*, fingerprint: str, now: datetime) -> bool:
    """The same of one key, as another worker may have looked through it since."""
    return fingerprint in due_keys(now=now)


def _noted(keys: tuple[str, ...]) -> dict[str, datetime]:
    rows = BatchNote.objects.filter(fingerprint__in=keys).values("fingerprint")
    newest = rows.annotate(at=Max("changed_at")).order_by()
    return dict(newest.values_list("fingerprint", "at"))


def _refused_or_accepted() -> set[str]:
    rows = ApiKey.objects.filter(is_refused=True).order_by()
    refused = set(rows.values_list("fingerprint", flat=True))
    told = Alarm.objects.filter(kind=AlarmKind.KEY_REFUSED, ended_at=None)
    return refused ^ set(told.values_list("fingerprint", flat=True))
