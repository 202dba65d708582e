"""What needs somebody, as rows: alarms that share kind and action may be one row."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from batches.models import Alarm, AlarmKind, SeenBatch
from batches.models.batches import OPEN_STATUSES
from batches.services.attention.read import open_alarms
from batches.services.attention.types import ORDER, OpenAlarm
from batches.services.keys.types import ViewerKey
from batches.services.overview.types import Attention, Stuck, Worry

# As many alarms of a kind are one row: batches that wait for a finalize are finalized together.
TOGETHER = {AlarmKind.STAGING: 2}
MANY = 5
ABOUT_KEYS = (AlarmKind.KEY_REFUSED, AlarmKind.AT_REST)


def attention_of(
    *, key: ViewerKey, keys: Iterable[ViewerKey], now: datetime, project: str | None = None
) -> Attention:
    """Alarms of the page's key, and refused keys among all that the person owns.

    keys: that the person may read with. project: only of its batches, without those of keys.
    Two queries; two more for each refused key.
    """
    alarms = open_alarms(fingerprint=key.fingerprint)
    if project is not None:
        alarms = tuple(one for one in alarms if one.name and one.project == project)
        return _attention((), alarms)
    refused = _refused(key, keys, now)
    others = tuple(one for one in alarms if one.kind is not AlarmKind.KEY_REFUSED)
    return _attention(refused, others)


def stuck_of(attention: Attention) -> Stuck:
    """Batches with an alarm that nobody dismissed, by kind."""
    alarms = [
        alarm
        for worry in attention.worries
        for alarm in worry.alarms
        if worry.kind not in ABOUT_KEYS
    ]
    kinds = []
    for kind in AlarmKind:
        some = [one for one in alarms if one.kind is kind]
        if some:
            kinds.append((kind, len(some), some[0].since if len(some) == 1 else None))
    return Stuck(batches=len({one.name for one in alarms}), kinds=tuple(kinds))


def _attention(refused: Sequence[Worry], alarms: Sequence[OpenAlarm]) -> Attention:
    wanted = [one for one in alarms if not one.is_dismissed]
    standing = [one for one in refused if not one.first.is_dismissed]
    return Attention(
        worries=(*standing, *_rows(wanted)),
        dismissed=len(alarms) - len(wanted) + len(refused) - len(standing),
    )


def _rows(alarms: Sequence[OpenAlarm]) -> Iterable[Worry]:
    for kind, some in groupby(
        sorted(alarms, key=lambda one: ORDER[one.kind]), lambda one: one.kind
    ):
        found = tuple(some)
        if len(found) >= TOGETHER.get(kind, MANY):
            yield Worry(kind=kind, alarms=found)
        else:
            yield from (Worry(kind=kind, alarms=(one,)) for one in found)


def _refused(key: ViewerKey, keys: Iterable[ViewerKey], now: datetime) -> list[Worry]:
    """The person's own refused keys, and that of the page, whosever it is."""
    # by what a key itself says: the worker finds alarms of watched keys only
    # that of the page last: its state is of this moment
    mine = {one.id: one for one in (*keys, key) if one.is_own or one.id == key.id}
    wanted = {one: own for one, own in mine.items() if own.is_refused}
    if not wanted:
        return []
    alarms = Alarm.objects.filter(
        fingerprint__in={one.fingerprint for one in wanted.values()},
        kind=AlarmKind.KEY_REFUSED,
        ended_at=None,
    )
    stored = {one.fingerprint: one for one in alarms}
    return [_of_key(one, stored.get(one.fingerprint), now) for one in wanted.values()]


def _of_key(key: ViewerKey, stored: Alarm | None, now: datetime) -> Worry:
    since = key.refused_at or now
    alarm = OpenAlarm(
        id=stored.pk if stored else 0,
        kind=AlarmKind.KEY_REFUSED,
        fingerprint=key.fingerprint,
        since=since,
        began_at=since,
        checked_at=now,
        facts={"batches": _open_count(key.fingerprint)},
    )
    if stored:
        alarm = replace(
            alarm,
            dismissed_at=stored.dismissed_at,
            dismissed_by=stored.dismissed_by,
            dismissed_reason=stored.dismissed_reason,
        )
    return Worry(
        kind=alarm.kind,
        alarms=(alarm,),
        key_id=str(key.id) if key.is_own else "",
        key_label=key.label,
        key_last=key.last_four,
        key_mode=key.mode,
    )


def _open_count(fingerprint: str) -> int:
    rows = SeenBatch.objects.filter(fingerprint=fingerprint, status__in=OPEN_STATUSES)
    return rows.filter(absent_at=None).count()
