"""Which keys are to be looked through for alarms now. Imports no numpy."""

from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from batches.models import Alarm, AlarmCheck, AlarmKind, ApiKey, BatchNote
from batches.services import clock
from batches.services.background import consent

# Alarms of single batches are also looked for whenever a batch is estimated.
EVERY = timedelta(minutes=1)
NEVER = (None, None)


def due_keys(*, now: datetime) -> set[str]:
    """Watched keys not looked through for a minute, or with a note that was changed since; and
    keys that Refonte refuses, or accepts again. Four queries."""
    watched = consent.watched_fingerprints()
    found = _refused_or_accepted()
    checked = _checked()
    for key in watched:
        at, noted = checked.get(key, NEVER)
        if at is None or clock.is_older(at, now=now, than=EVERY) or (noted and noted > at):
            found.add(key)
    return found


def is_due(*, fingerprint: str, now: datetime) -> bool:
    """The same of one key, as another worker may have looked through it since."""
    return fingerprint in due_keys(now=now)


def _checked() -> dict[str, tuple[datetime | None, datetime | None]]:
    """When each key was looked through, and when a note of it was last changed."""
    # the first row of an index: a maximum by groups would read all notes
    newest = BatchNote.objects.filter(fingerprint=OuterRef("fingerprint")).order_by("-changed_at")
    rows = AlarmCheck.objects.annotate(noted=Subquery(newest.values("changed_at")[:1]))
    return {key: (at, noted) for key, at, noted in rows.values_list("fingerprint", "at", "noted")}


def _refused_or_accepted() -> set[str]:
    rows = ApiKey.objects.filter(is_refused=True).order_by()
    refused = set(rows.values_list("fingerprint", flat=True))
    told = Alarm.objects.filter(kind=AlarmKind.KEY_REFUSED, ended_at=None)
    return refused ^ set(told.values_list("fingerprint", flat=True))
