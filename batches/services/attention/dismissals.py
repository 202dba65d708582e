"""Dismisses alarms: for all who read the key, until the facts change. Views decide who may."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from batches.models import Alarm, Dismissal
from batches.services.attention.types import OpenAlarm
from batches.services.transactions import repeatable_transaction

MOST = 200  # alarms at once


class FactsChanged(Exception):  # noqa: N818 - the name is the fact
    """Some of the alarms are not what the person saw, or are over."""


def about(alarms: Iterable[OpenAlarm | Alarm]) -> str:
    """Stands for what a person sees of these alarms: another one where any of it changed."""
    seen = sorted(f"{alarm.id} {alarm.subject}" for alarm in alarms)
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]


@repeatable_transaction
def dismiss(
    *,
    fingerprint: str,
    alarms: Sequence[int],
    seen: str,
    username: str,
    reason: str,
    now: datetime,
) -> None:
    """Dismiss open alarms of one key. Those that somebody dismissed before keep that.

    seen: `about` them, as the person saw them. Raises FactsChanged, and then dismisses none.
    """
    rows = list(_locked(fingerprint, alarms))
    if about(rows) != seen:
        raise FactsChanged
    new = [row for row in rows if row.dismissed_at is None]
    Dismissal.objects.bulk_create(
        Dismissal(alarm=row, username=username, reason=reason, subject=row.subject, at=now)
        for row in new
    )
    Alarm.objects.filter(pk__in=[row.pk for row in new]).update(
        dismissed_at=now, dismissed_by=username, dismissed_reason=reason
    )


@repeatable_transaction
def take_back(*, fingerprint: str, alarms: Sequence[int], now: datetime) -> int:
    """Returns how many of them are dismissed no more."""
    found = [row.pk for row in _locked(fingerprint, alarms) if row.dismissed_at]
    Dismissal.objects.filter(alarm__in=found, ended_at=None).update(ended_at=now)
    rows = Alarm.objects.filter(pk__in=found)
    return rows.update(dismissed_at=None, dismissed_by="", dismissed_reason="")


def _locked(fingerprint: str, alarms: Sequence[int]) -> Iterable[Alarm]:
    # the worker may just end them, or find other facts
    rows = Alarm.objects.filter(fingerprint=fingerprint, ended_at=None, pk__in=alarms[:MOST])
    return rows.select_for_update().order_by("pk")
