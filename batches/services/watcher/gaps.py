"""Records gaps: times in which a key was not read, and why. Nothing is concluded from a gap.

The reason is stored while it lasts; the gap itself when the key is read again.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from batches.models import ApiKey, Sweep, Watch, WatchGap
from batches.refonte import KeyRefused, RefonteError, Throttled
from batches.services.background.requests import USED_UP

log = logging.getLogger(__name__)

# Sweeps begin a minute apart, and a long one is followed by a pause as long: not every pause is a
# gap.
GAP = timedelta(minutes=3)
# One write for several calls: much shorter than a gap, so no gap is missed.
NOTED_EVERY = timedelta(seconds=20)
# So much later than its time a worker that runs tries again, at the latest.
LATE = timedelta(minutes=1)
LONGEST = 300  # characters of a reason
NOT_RUNNING = "The console's worker was not running."
NOT_WATCHED = "Reading in the background was switched off, or the key's owner was."
REFUSED = "Refonte refused the key."
THROTTLED = "Refonte asked to wait."


def begin(fingerprint: str, now: datetime) -> None:
    """From here on a time without a reading is a gap."""
    if not Watch.objects.filter(fingerprint=fingerprint).exists():
        Watch.objects.bulk_create(
            [Watch(fingerprint=fingerprint, read_at=now)], ignore_conflicts=True
        )


def was_read(fingerprint: str) -> bool:
    """Whether a key was ever read in the background."""
    return Watch.objects.filter(fingerprint=fingerprint).exists()


def store_past(*, fingerprint: str, read: Sequence[tuple[datetime, datetime]]) -> None:
    """For the demo: note that a key was read in these times, oldest first, and not between them.

    Raises IntegrityError where it was read before.
    """
    between = [(before, after) for (_, before), (after, _) in pairwise(read)]
    WatchGap.objects.bulk_create(
        WatchGap(fingerprint=fingerprint, since=since, until=until, reason=NOT_RUNNING)
        for since, until in between
    )
    Watch.objects.create(fingerprint=fingerprint, read_at=read[-1][1])


def note_read(fingerprint: str, at: datetime, *, request_id: str = "") -> None:
    """Note a usable answer. One write in 20 seconds; two at the end of a gap.

    request_id: as the vendor calls the request.
    """
    watch = Watch.objects.filter(fingerprint=fingerprint).first()
    if watch is None:  # nobody has the key any more
        return
    if at - watch.read_at > GAP:
        reason = reason_now(watch, at)
        WatchGap.objects.create(
            fingerprint=fingerprint, since=watch.read_at, until=at, reason=reason
        )
        seconds = round((at - watch.read_at).total_seconds())
        facts = {"key": fingerprint, "seconds": seconds, "reason": reason}
        log.warning("a watched key is read again", extra=facts)
    if watch.reason or abs(at - watch.read_at) > NOTED_EVERY:
        rows = Watch.objects.filter(fingerprint=fingerprint)
        rows.update(read_at=at, reason="", reason_until=None, request_id=request_id)


def reason_now(watch: Watch, now: datetime) -> str:
    """Why a key has not been read for so long, in sentences; empty where it is read."""
    if _holds(watch, now):
        return watch.reason
    if now - watch.read_at <= GAP:
        return ""
    # a worker that does not run can store no reason
    known = watch.reason_until is not None and watch.reason_until - watch.read_at > GAP + LATE
    return _joined(watch.reason, NOT_RUNNING) if known else NOT_RUNNING


def note_reason(fingerprint: str, reason: str, *, until: datetime) -> None:
    """Store why a key is not read now. until: of the next try."""
    watch, now = Watch.objects.filter(fingerprint=fingerprint).first(), timezone.now()
    if watch is None:
        return
    rows, holds_until = Watch.objects.filter(fingerprint=fingerprint), until + LATE
    if not _holds(watch, now):
        reason = _joined(reason_now(watch, now), reason)
    elif watch.reason != USED_UP:  # no outage follows from that
        # the first reason stays: later ones may be its consequences
        reason, rows = watch.reason, rows.filter(reason_until__lt=holds_until - NOTED_EVERY)
    rows.update(reason=_joined("", reason), reason_until=holds_until)


def _holds(watch: Watch, now: datetime) -> bool:
    return bool(watch.reason) and (watch.reason_until is None or now <= watch.reason_until)


def _joined(first: str, then: str) -> str:
    """Two sentences; the end of the first is cut where both are too long."""
    if not first:
        return then[:LONGEST]
    return f"{first[: LONGEST - len(then) - 2].rstrip('.')}. {then}"[:LONGEST]


def reason_of(error: RefonteError) -> str:
    """A sentence for people. The vendor's own words alone do not say what they refer to."""
    if isinstance(error, Throttled):
        return THROTTLED
    if isinstance(error, KeyRefused):
        return f"{REFUSED.rstrip('.')}: {error.message}"
    if error.http_status is not None:
        return f"Refonte answered {error.http_status}: {error.message}"
    return error.message


def note_unwatched(watched: Iterable[str], now: datetime) -> None:
    """Note keys that were watched and may not be read now. One query where there are none."""
    is_new = Q(reason="") | Q(reason_until__isnull=False)
    for watch in Watch.objects.exclude(fingerprint__in=watched).filter(is_new):
        keys = ApiKey.objects.filter(fingerprint=watch.fingerprint)
        words = _reason_of_end(watch, now, is_refused=keys.filter(is_refused=True).exists())
        rows = Watch.objects.filter(fingerprint=watch.fingerprint)
        rows.update(reason=words, reason_until=None)


def _reason_of_end(watch: Watch, now: datetime, *, is_refused: bool) -> str:
    if is_refused and watch.reason.startswith(REFUSED.rstrip(".")):
        return watch.reason  # with the words of Refonte
    # what lasted too short for a gap made none
    before = reason_now(watch, now) if now - watch.read_at > GAP else ""
    return _joined(before, REFUSED if is_refused else NOT_WATCHED)


def prune(*, now: datetime) -> None:
    """Delete what is older than any sample, and the rows of keys that nobody has any more."""
    oldest = now - timedelta(days=settings.OBSERVATION_DAYS)
    WatchGap.objects.filter(until__lt=oldest).delete()
    owned = ApiKey.objects.values("fingerprint")
    Watch.objects.exclude(fingerprint__in=owned).delete()
    Sweep.objects.exclude(fingerprint__in=owned).delete()


def gaps_of(*, fingerprint: str, since: datetime, until: datetime) -> tuple[WatchGap, ...]:
    """Gaps between two times, oldest first; also those that are only partly between them."""
    rows = WatchGap.objects.filter(fingerprint=fingerprint, until__gte=since, since__lte=until)
    return tuple(rows.order_by("until"))  # in the order of the index; gaps do not overlap
