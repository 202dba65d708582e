"""Stores what was found: alarms that begin, go on and end, each with what there is to tell.

To be called in a transaction, under the key's lease of the estimates: so nothing begins twice, and
what was stored was told. Imports no numpy.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from batches.models import Alarm, AlarmKind, Dismissal, NoticeKind, SeenBatch
from batches.services.attention.types import Finding, Verdicts
from batches.services.notices.publish import publish

CHECKED = ("checked_at", "facts")

# The open alarms of a key: by primary key of the batch, None for the key itself, and by kind.
OpenOnes = dict[int | None, dict[AlarmKind, Alarm]]


def read_open(*, fingerprint: str) -> OpenOnes:
    """One query."""
    found: OpenOnes = {}
    rows = Alarm.objects.filter(fingerprint=fingerprint, ended_at=None)
    for row in rows.select_related("batch"):
        found.setdefault(row.batch_id, {})[AlarmKind(row.kind)] = row
    return found


def apply(
    *,
    fingerprint: str,
    batch: SeenBatch | None,
    verdicts: Verdicts,
    open_ones: OpenOnes,
    now: datetime,
) -> None:
    """Store the verdicts on one batch, or on the key; `open_ones` is kept current.

    Raises IntegrityError where another worker began the same alarm, which a lease prevents.
    """
    alarms = open_ones.setdefault(batch.pk if batch else None, {})
    for kind, finding in verdicts.items():
        alarm = alarms.get(kind)
        if finding is None:
            if alarm:
                end([alarms.pop(kind)], now=now)
        elif alarm is None:
            alarms[kind] = _begin(fingerprint, batch, finding, now)
        else:
            _go_on(alarm, finding, now)


def end(alarms: Sequence[Alarm], *, now: datetime) -> None:
    """They are over, and with them what was dismissed of them."""
    for alarm in alarms:
        alarm.ended_at = now
        _tell(alarm, now, is_over=True)
    ended = [alarm.pk for alarm in alarms]
    Alarm.objects.filter(pk__in=ended).update(ended_at=now)
    _end_dismissals(ended, now)


def keep(alarms: Iterable[Alarm], *, now: datetime) -> None:
    """They were looked at, and nothing has changed."""
    Alarm.objects.filter(pk__in=[alarm.pk for alarm in alarms]).update(checked_at=now)


def _begin(fingerprint: str, batch: SeenBatch | None, finding: Finding, now: datetime) -> Alarm:
    alarm = Alarm.objects.create(
        fingerprint=fingerprint,
        batch=batch,
        kind=finding.kind,
        since=finding.since,
        began_at=now,
        checked_at=now,
        facts=finding.facts,
        subject=finding.subject,
    )
    _tell(alarm, now)
    return alarm


def _go_on(alarm: Alarm, finding: Finding, now: datetime) -> None:
    alarm.facts, alarm.checked_at = dict(finding.facts), now
    if finding.subject == alarm.subject:
        # not its other columns: somebody may have dismissed it since it was read
        alarm.save(update_fields=CHECKED)
        return
    alarm.subject = finding.subject
    alarm.dismissed_at, alarm.dismissed_by, alarm.dismissed_reason = None, "", ""
    alarm.save(
        update_fields=(
            *CHECKED,
            "subject",
            "dismissed_at",
            "dismissed_by",
            "dismissed_reason",
        )
    )
    _end_dismissals([alarm.pk], now)
    if finding.is_worse:
        _tell(alarm, now)


def _end_dismissals(alarms: Iterable[int], now: datetime) -> None:
    Dismissal.objects.filter(alarm__in=alarms, ended_at=None).update(ended_at=now)


def _tell(alarm: Alarm, now: datetime, *, is_over: bool = False) -> None:
    publish(
        kind=NoticeKind(alarm.kind),
        fingerprint=alarm.fingerprint,
        batch=alarm.batch,
        at=now,
        is_over=is_over,
        # the words of a notice say since when, or after how long
        facts=alarm.facts | {"since": int(alarm.since.timestamp())},
    )
