"""Alarms: what needs somebody."""

from datetime import UTC, datetime
from typing import Any

from batches.api import alarm_answers
from batches.api.cursors import next_address, read_place
from batches.api.facts import ref_or_none
from batches.api.guards import ApiRequest, endpoint
from batches.api.queries import PageQuery
from batches.services.attention.read import open_alarms
from batches.services.attention.types import ORDER, OpenAlarm
from batches.services.stored.ages import age_of

PLAIN_FACTS = ("left", "done", "total", "usual", "errors", "tasks", "place", "batches")
# Epoch seconds, and the names of their times.
TIMES = {
    "due": "due_at",
    "low": "low",
    "high": "high",
    "grew": "grew_at",
    "start": "points_since",
    "end": "points_until",
}


@endpoint(
    summary="What needs somebody",
    query=PageQuery,
    answer=alarm_answers.AlarmList,
    shows_refused=True,
)
def show_attention(request: ApiRequest, query: PageQuery) -> alarm_answers.AlarmList:
    """Open alarms, dismissed ones too, in the order of harm, then the oldest first.

    Where Refonte refuses the key, that is the only one.
    """
    alarms = sorted(open_alarms(fingerprint=request.key.fingerprint), key=_place)
    if query.cursor:
        passed = read_place(request, request.key.ref, query.cursor)
        alarms = [one for one in alarms if _place(one) > passed]
    page, more = alarms[: query.limit], alarms[query.limit :]
    return alarm_answers.AlarmList(
        key=request.key.ref,
        answered_at=request.now,
        items=tuple(_alarm(one, request.now) for one in page),
        next=next_address(request, request.key.ref, _place(page[-1]) if more else None),
    )


def _place(alarm: OpenAlarm) -> list[Any]:
    """Of an alarm among all, as JSON holds it: one that begins meanwhile shifts no other."""
    return [ORDER[alarm.kind], alarm.since.timestamp(), alarm.id]


def _alarm(alarm: OpenAlarm, now: datetime) -> alarm_answers.Alarm:
    age = age_of(alarm.checked_at, now=now)
    return alarm_answers.Alarm(
        id=alarm.id,
        kind=alarm.kind.value,
        words=alarm.kind.label,
        batch=alarm.name or None,
        ref=ref_or_none(alarm.name),
        project=alarm.project or None,
        since=alarm.since,
        found_at=alarm.began_at,
        as_of=age.as_of,
        age_seconds=age.seconds,
        is_stale=age.is_stale,
        facts=_facts(alarm),
        dismissed=_dismissal(alarm),
    )


def _facts(alarm: OpenAlarm) -> alarm_answers.AlarmFacts:
    held = alarm.facts
    known: dict[str, Any] = {name: held[name] for name in PLAIN_FACTS if name in held}
    known |= {
        name: datetime.fromtimestamp(held[old], UTC) for old, name in TIMES.items() if old in held
    }
    points = tuple(map(float, held.get("points", ()))) or None
    return alarm_answers.AlarmFacts(**known, points=points)


def _dismissal(alarm: OpenAlarm) -> alarm_answers.AlarmDismissal | None:
    if alarm.dismissed_at is None:
        return None
    return alarm_answers.AlarmDismissal(
        at=alarm.dismissed_at, by=alarm.dismissed_by, reason=alarm.dismissed_reason
    )
