"""Reads stored alarms and notes for pages. Computes nothing."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from batches.models import Alarm, AlarmKind, ApiKey, BatchNote
from batches.models.names import name_digests
from batches.services.attention.types import ORDER, OpenAlarm

AlarmsByName = dict[str, tuple[OpenAlarm, ...]]


def open_alarms(*, fingerprint: str) -> tuple[OpenAlarm, ...]:
    """All of a key, dismissed ones too, in the order of harm, then the oldest first. One query.

    Where Refonte refuses the key, that alone: what was seen with it is kept, but not shown.
    """
    return _sorted(_shown(Alarm.objects.filter(fingerprint=fingerprint)))


def alarms_of(*, fingerprint: str, names: Iterable[str]) -> AlarmsByName:
    """By name of the batch, only batches that have one. One query."""
    rows = Alarm.objects.filter(fingerprint=fingerprint, batch__digest__in=name_digests(names))
    found: AlarmsByName = {}
    for one in _sorted(_shown(rows)):
        found[one.name] = (*found.get(one.name, ()), one)
    return found


def notes_of(*, fingerprint: str, names: Iterable[str]) -> dict[str, BatchNote]:
    """Due dates, owners and notes, by name of the batch. One query."""
    rows = BatchNote.objects.filter(fingerprint=fingerprint, digest__in=name_digests(names))
    return {row.name: row for row in rows.select_related("owner")}


def _shown(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    refused = ApiKey.objects.filter(fingerprint=OuterRef("fingerprint"), is_refused=True)
    of_key = alarms.filter(ended_at=None, kind=AlarmKind.KEY_REFUSED)
    of_batches = alarms.filter(~Exists(refused), ended_at=None)
    return (of_batches | of_key).select_related("batch")


def _sorted(alarms: QuerySet[Alarm]) -> tuple[OpenAlarm, ...]:
    found = (_open_alarm(one) for one in alarms)
    return tuple(sorted(found, key=lambda one: (ORDER[one.kind], one.since, one.name)))


def _open_alarm(row: Alarm) -> OpenAlarm:
    return OpenAlarm(
        id=row.pk,
        kind=AlarmKind(row.kind),
        fingerprint=row.fingerprint,
        name=row.batch.name if row.batch else "",
        project=(row.batch.project or "") if row.batch else "",
        since=row.since,
        began_at=row.began_at,
        checked_at=row.checked_at,
        facts=row.facts,
        subject=row.subject,
        counts=(row.batch.counts or {}) if row.batch else {},
        counts_at=row.batch.counts_at if row.batch else None,
        dismissed_at=row.dismissed_at,
        dismissed_by=row.dismissed_by,
        dismissed_reason=row.dismissed_reason,
    )
