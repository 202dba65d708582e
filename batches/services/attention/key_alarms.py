"""Alarms of a whole key, and which alarms a batch can have. Imports no numpy."""

from datetime import datetime

from batches.models import Alarm, AlarmKind, ApiKey, SeenBatch
from batches.models.batches import OPEN_STATUSES
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, STAGING
from batches.services.attention.types import Finding, Verdicts

# Of a batch in these statuses. One that is paused can only be too late.
POSSIBLE: dict[str | None, frozenset[AlarmKind]] = {
    STAGING: frozenset((AlarmKind.STAGING, AlarmKind.AT_RISK)),
    IN_PROGRESS: frozenset((AlarmKind.STALLED, AlarmKind.ERRORS, AlarmKind.AT_RISK)),
    COMPLETED: frozenset(),
    CANCELLED: frozenset(),
}
OTHERWISE = frozenset((AlarmKind.AT_RISK,))


def find_refusal(*, fingerprint: str, alarm: Alarm | None, now: datetime) -> Verdicts:
    """Whether Refonte refuses the key. Two queries."""
    rows = ApiKey.objects.filter(fingerprint=fingerprint, is_refused=True)
    refused = rows.order_by("refused_at").values_list("refused_at", flat=True)
    if not refused:
        return {AlarmKind.KEY_REFUSED: None}
    # the key is tried again and again, and each refusal is dated anew
    since = alarm.since if alarm else refused[0] or now
    batches = SeenBatch.objects.filter(
        fingerprint=fingerprint, status__in=OPEN_STATUSES, absent_at=None
    )
    found = Finding(
        kind=AlarmKind.KEY_REFUSED,
        since=since,
        subject=f"since {since:%Y-%m-%dT%H:%M:%S}",
        facts={"batches": batches.count()},
    )
    return {AlarmKind.KEY_REFUSED: found}


def find_rest(
    *, alarm: Alarm | None, rests: bool, worked_until: datetime, batches: int
) -> Verdicts:
    """Whether nobody works on any of the key's batches, though people usually do.

    rests: a batch was just found as quiet as the others. batches: those in progress.
    worked_until: the last completion, or new task, of any of them.
    """
    if not batches or (alarm is None and not rests):
        return {AlarmKind.AT_REST: None}
    if alarm and worked_until > alarm.since:
        return {AlarmKind.AT_REST: None}
    since = alarm.since if alarm else worked_until
    found = Finding(
        kind=AlarmKind.AT_REST,
        since=since,
        subject=f"since {since:%Y-%m-%dT%H:%M}",
        facts={"batches": batches},
    )
    return {AlarmKind.AT_REST: found}


def possible(batch: SeenBatch) -> frozenset[AlarmKind]:
    """Which alarms a batch can have; none where the vendor does not know it any more."""
    return frozenset() if batch.absent_at else POSSIBLE.get(batch.status, OTHERWISE)
