"""Two weeks of observations for the demo, as its watcher would have made them."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from batches.models.samples import STATUS_CODES
from batches.refonte import Secret
from batches.sandbox import LIVE_KEY
from batches.sandbox.past import Course, Look, past_of
from batches.services.keys.fingerprints import fingerprint_of
from batches.services.observations.history import History
from batches.services.observations.packing import Sample
from batches.services.observations.store_history import store_history
from batches.services.watcher import gaps

PERIOD = timedelta(days=14)
EVERY = 60  # seconds between two looks
# One night in which nobody looked, in UTC. The batches that stall do so days later.
GAP_DAYS_AGO, GAP_HOUR, GAP_LENGTH = 6, 22, timedelta(hours=7, minutes=40)


def store_past() -> None:
    """Store what was seen with the live key. Does nothing at a later start of the same demo."""
    fingerprint, now = fingerprint_of(Secret(LIVE_KEY)), timezone.now()
    if gaps.was_read(fingerprint) or not (beginning := _beginning())["demo"]:
        return
    spans = looks_until(now)
    histories = map(_history, past_of(beginning, spans))
    # all or nothing: where the set-up is stopped, the next start begins anew
    with transaction.atomic():
        store_history(fingerprint=fingerprint, histories=histories, now=now)
        gaps.store_past(
            fingerprint=fingerprint,
            read=[(_moment(span[0]), _moment(span[-1])) for span in spans],
        )


def looks_until(now: datetime) -> list[Sequence[int]]:
    """Seconds since 1970 of the looks before the gap and of those after it."""
    end = int(now.timestamp())
    looks = range(end - int(PERIOD.total_seconds()), end + 1, EVERY)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=GAP_DAYS_AGO) + timedelta(hours=GAP_HOUR)
    last = bisect_right(looks, since.timestamp())
    first = bisect_left(looks, (since + GAP_LENGTH).timestamp())
    return [looks[:last], looks[first:]]


def _beginning() -> dict[str, Any]:
    """What the data of the running sandbox follows from."""
    # an address of this machine, see `refuse_elsewhere`: without the proxies of the shell
    place = urlsplit(settings.REFONTE_API_URL)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request("GET", "/_sandbox/beginning")
        found: dict[str, Any] = json.load(connection.getresponse())
    finally:
        connection.close()
    return found


def _history(course: Course) -> History:
    return History(
        name=course.name,
        project=course.project,
        created_at=datetime.fromtimestamp(course.created_ms / 1000, UTC),
        answers=list(map(_sample, course.looks)),
    )


def _sample(look: Look) -> Sample:
    counts = look.counts
    return Sample(
        look.at,
        STATUS_CODES[look.status],
        counts["completed"],
        counts["pending"],
        counts["error"],
        counts["canceled"],
        sum(counts.values()),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
