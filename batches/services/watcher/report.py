"""What the background does with a key, for its owner: what it reads, how often, at what cost."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings

from batches.models import CallMinute, SeenBatch, Sweep, Watch, WatchGap
from batches.models.names import name_digest
from batches.services.background import consent
from batches.services.watcher import gaps
from batches.services.watcher.demand import Demand, PaceGroup, demands_of
from batches.services.watcher.sweeps import shortest_interval

KEPT = timedelta(days=30)  # a gap is shown so long
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptStatus:
    """batches: in the last whole sweep. every: from one sweep to the next.

    holds_counts: whether Refonte's lists do; where not, batches are read one by one, each at its
    own pace, as `paces` says. is_slowed: there are not enough calls for their own paces.
    """

    status: str
    batches: int
    every: timedelta
    holds_counts: bool
    paces: tuple[PaceGroup, ...] = ()
    is_slowed: bool = False

    @property
    def groups(self) -> tuple[PaceGroup, ...]:
        """All its batches by how often they are read, however that is done."""
        if not self.holds_counts:
            return self.paces
        return (PaceGroup(every=self.every, batches=self.batches),)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCounts:
    """Vendor calls with one key in the last whole minute, and refusals in the last hour.

    background: of watcher, walk, callback and bulk together. limit: of these and of people.
    throttled: answers of 429. refused: answers that refused the key.
    """

    people: int = 0
    watcher: int = 0
    walk: int = 0
    callback: int = 0
    bulk: int = 0
    background: int = 0
    limit: int = field(default_factory=lambda: settings.BACKGROUND_CALLS_A_MINUTE)
    throttled: int = 0
    refused: int = 0

    @property
    def all(self) -> int:
        """More than the limit where people alone make so many: they are never held back."""
        return self.people + self.background


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchReport:
    """reason: why the key is not read just now; empty where it is. gap: the last one."""

    swept: tuple[SweptStatus, ...] = ()
    calls: CallCounts = field(default_factory=CallCounts)
    read_at: datetime | None = None
    reason: str = ""
    gap: WatchGap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often one batch is read in the background.

    is_listed: with its list; else by its own status. is_slowed: the budget allows no more often.
    calls: of the background in the last whole minute; limit: of people and background together.
    """

    every: timedelta
    is_listed: bool
    is_slowed: bool
    calls: int
    limit: int


def pace_of(*, fingerprint: str, batch: str, status: str | None, now: datetime) -> Pace | None:
    """None where the batch is not watched: not open, not known, or its key may not be read.

    batch: its name. Three queries where lists hold counts, else five.
    """
    sweeps = list(Sweep.objects.filter(fingerprint=fingerprint))
    sweep = next((one for one in sweeps if one.status == status), None)
    if sweep is None or consent.reading_key(fingerprint=fingerprint) is None:
        return None
    calls = calls_of(fingerprints=[fingerprint], now=now).get(fingerprint, CallCounts())
    demand = demands_of(sweeps, {fingerprint: calls.people}).get(fingerprint)
    listed = Pace(
        every=_interval(sweep),
        is_listed=True,
        is_slowed=False,
        calls=calls.background,
        limit=calls.limit,
    )
    if sweep.holds_counts or demand is None:
        return listed
    rows = SeenBatch.objects.filter(fingerprint=fingerprint, digest=name_digest(batch))
    row = rows.filter(absent_at=None).only("read_every").first()
    if row is None:
        return None
    every, is_slowed = demand.real_pace(row.read_every), demand.slowdown > 1
    return replace(listed, every=every, is_listed=False, is_slowed=is_slowed)


def calls_of(*, fingerprints: Collection[str], now: datetime) -> dict[str, CallCounts]:
    """By fingerprint, of keys with any call in the last hour. One query, 60 rows a key."""
    minute = now.replace(second=0, microsecond=0) - MINUTE
    rows = CallMinute.objects.filter(fingerprint__in=fingerprints, minute__gt=now - HOUR)
    by_key: dict[str, list[CallMinute]] = {}
    for row in rows:
        by_key.setdefault(row.fingerprint, []).append(row)
    return {one: _counts(found, minute) for one, found in by_key.items()}


def _counts(rows: list[CallMinute], minute: datetime) -> CallCounts:
    last = next((row for row in rows if row.minute == minute), CallMinute())
    return CallCounts(
        people=last.people,
        watcher=last.watcher,
        walk=last.walk,
        callback=last.callback,
        bulk=last.bulk,
        background=last.background,
        throttled=sum(row.throttled for row in rows),
        refused=sum(row.refused for row in rows),
    )


def reports_of(*, fingerprints: Collection[str], now: datetime) -> dict[str, WatchReport]:
    """By fingerprint. Five queries at most, however many keys there are."""
    if not fingerprints:
        return {}
    calls = calls_of(fingerprints=fingerprints, now=now)
    watches = Watch.objects.in_bulk(fingerprints)
    last_gap: dict[str, WatchGap] = {}
    # oldest first, so that the newest of a key stays
    recent = WatchGap.objects.filter(fingerprint__in=fingerprints, until__gt=now - KEPT)
    for gap in recent.order_by("until"):
        last_gap[gap.fingerprint] = gap
    sweeps = list(Sweep.objects.filter(fingerprint__in=fingerprints).order_by("status"))
    demands = demands_of(sweeps, {one: counts.people for one, counts in calls.items()})
    return {
        one: WatchReport(
            swept=tuple(_swept(s, demands.get(one)) for s in sweeps if s.fingerprint == one),
            calls=calls.get(one, CallCounts()),
            read_at=watches[one].read_at if one in watches else None,
            reason=gaps.reason_now(watches[one], now) if one in watches else "",
            gap=last_gap.get(one),
        )
        for one in fingerprints
    }


def _swept(sweep: Sweep, demand: Demand | None) -> SweptStatus:
    shown = SweptStatus(
        status=sweep.status,
        batches=sweep.swept_rows,
        every=_interval(sweep),
        holds_counts=sweep.holds_counts,
    )
    if sweep.holds_counts or demand is None:
        return shown
    paces = demand.paces_of(sweep.status)
    return replace(shown, paces=paces, is_slowed=demand.slowdown > 1)


def _interval(sweep: Sweep) -> timedelta:
    """Of a sweep that took longer than a minute the next one begins as long after its end."""
    took = timedelta()
    if sweep.finished_at and sweep.swept_at:
        took = sweep.finished_at - sweep.swept_at
    return max(shortest_interval(sweep), 2 * took)
