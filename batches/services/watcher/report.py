"""What the background does with a key, for its owner: what it reads, how often, at what cost."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from batches.models import CallMinute, Sweep, Watch, WatchGap
from batches.services.watcher.sweeps import SWEEP_EVERY

KEPT = timedelta(days=30)  # a gap is shown so long


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptStatus:
    """batches: in the last whole sweep. every: from one sweep to the next.

    holds_counts: whether Refonte's lists do; where not, batches are read one by one.
    """

    status: str
    batches: int
    every: timedelta
    holds_counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """people, background: calls in the minute before this one; limit: of both together.

    reason: why the key is not read just now; empty where it is. gap: the last one.
    """

    swept: tuple[SweptStatus, ...] = ()
    people: int = 0
    background: int = 0
    limit: int = field(default_factory=lambda: settings.BACKGROUND_CALLS_A_MINUTE)
    reason: str = ""
    gap: WatchGap | None = None


def reports_of(*, fingerprints: Collection[str], now: datetime) -> dict[str, WatchReport]:
    """By fingerprint. Four queries, however many keys there are."""
    if not fingerprints:
        return {}
    minute = now.replace(second=0, microsecond=0) - timedelta(minutes=1)
    counted = CallMinute.objects.filter(fingerprint__in=fingerprints, minute=minute)
    calls = {row.fingerprint: row for row in counted}
    reasons = dict(
        Watch.objects.filter(fingerprint__in=fingerprints).values_list("fingerprint", "reason")
    )
    gaps: dict[str, WatchGap] = {}
    # oldest first, so that the newest of a key stays
    recent = WatchGap.objects.filter(fingerprint__in=fingerprints, until__gt=now - KEPT)
    for gap in recent.order_by("until"):
        gaps[gap.fingerprint] = gap
    sweeps = list(Sweep.objects.filter(fingerprint__in=fingerprints).order_by("status"))
    return {
        fingerprint: WatchReport(
            swept=tuple(_swept(one) for one in sweeps if one.fingerprint == fingerprint),
            people=calls[fingerprint].people if fingerprint in calls else 0,
            background=calls[fingerprint].background if fingerprint in calls else 0,
            reason=reasons.get(fingerprint, ""),
            gap=gaps.get(fingerprint),
        )
        for fingerprint in fingerprints
    }


def _swept(sweep: Sweep) -> SweptStatus:
    """Of a sweep that took longer than a minute the next one begins as long after its end."""
    took = timedelta()
    if sweep.finished_at and sweep.swept_at:
        took = sweep.finished_at - sweep.swept_at
    return SweptStatus(
        status=sweep.status,
        batches=sweep.swept_rows,
        every=max(SWEEP_EVERY, 2 * took),
        holds_counts=sweep.holds_counts,
    )
