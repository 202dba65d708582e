"""Alarms of a batch, stored as the worker would have."""

from datetime import timedelta
from typing import Any

from batches.models import Alarm, AlarmKind, Dismissal, SeenBatch
from tests.support.clock import NOON

FACTS: dict[str, dict[str, Any]] = {
    AlarmKind.AT_RISK: {"due": int((NOON + timedelta(hours=5)).timestamp()), "place": "inside"},
    AlarmKind.STALLED: {"usual": 60.0, "left": 1206},
    AlarmKind.ERRORS: {"errors": 22, "tasks": 180, "usual": 0.01},
    AlarmKind.STAGING: {"tasks": 640, "grew": int(NOON.timestamp()) - 90_000},
}


def raised(batch: SeenBatch, kind: AlarmKind, **facts: Any) -> Alarm:
    """Found an hour ago. facts: columns of the row."""
    found = NOON - timedelta(hours=1)
    known: dict[str, Any] = {"since": found - timedelta(hours=1), "began_at": found}
    known |= {"checked_at": found}
    known |= {"facts": FACTS[kind], "subject": "1", "fingerprint": batch.fingerprint}
    return Alarm.objects.create(batch=batch, kind=kind, **known | facts)


def dismissed(alarm: Alarm, **facts: Any) -> Dismissal:
    """By olga, half an hour ago."""
    at = NOON - timedelta(minutes=30)
    known: dict[str, Any] = {
        "username": "olga",
        "reason": "known outage",
        "subject": "1",
        "at": at,
    } | facts
    made = Dismissal.objects.create(alarm=alarm, **known)
    if made.ended_at is None:
        alarm.dismissed_at, alarm.dismissed_by = made.at, made.username
        alarm.dismissed_reason = made.reason
        alarm.save()
    return made
