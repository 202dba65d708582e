"""How fresh the figures are: what the worker read is enough, else one vendor call.

The worker reads the open batches of a watched key once a minute, so a page asks Refonte nothing.
Of a key that is not watched, or that the worker did not read for a while, it reads what the tab
*In progress* of the list reads, and its readers share that answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from batches.models import Watch
from batches.refonte import IN_PROGRESS, BatchPage
from batches.services import clock
from batches.services.batches import pace
from batches.services.batches.filters import ListFilters
from batches.services.batches.page_fetch import read_page
from batches.services.batches.search import is_refused
from batches.services.keys.types import KeyHandle
from batches.services.overview.open_batches import running
from batches.services.overview.types import Freshness, OpenBatch
from batches.services.readings.queries import Query
from batches.services.readings.read import read
from batches.services.readings.reading import Reading
from batches.services.vendor.calls import Kind, new_deadline
from batches.services.watcher.gaps import GAP

# Older counts of a batch in progress are told: where lists hold no counts, the watcher reads a
# batch every 15 minutes or more often.
OLD = timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """reading: time and failure. is_watched: the worker reads the key: nothing was asked.

    request_id: of Refonte's last answer to the worker, for its support; empty where it gave none.
    """

    reading: Reading[BatchPage]
    is_watched: bool
    request_id: str = ""

    @property
    def is_refused(self) -> bool:
        return is_refused(self.reading)


def look(*, key: KeyHandle, zone: ZoneInfo, kind: Kind, now: datetime) -> Looked:
    """One query, and at most one vendor call: none where the worker read the key just now."""
    watch = Watch.objects.filter(fingerprint=key.fingerprint).first()
    request_id = watch.request_id if watch else ""
    at = watch.read_at if watch and not key.is_refused else None
    if at and not clock.is_older(at, now=now, than=GAP):
        watched: Reading[BatchPage] = Reading(
            data=None, payload=None, as_of=at, failure=None, next_try=None
        )
        return Looked(reading=watched, is_watched=True, request_id=request_id)
    deadline = new_deadline()

    def ask(query: Query[BatchPage]) -> Reading[BatchPage]:
        return read(key=key, query=query, kind=kind, deadline=deadline)

    filters = ListFilters(status=IN_PROGRESS, zone=zone)
    reading = read_page(key=key, filters=filters, now=now, ask=ask).reading
    return Looked(reading=replace(reading, recorded={}), is_watched=False, request_id=request_id)


def poll_seconds(*, looked: Looked, now: datetime) -> int | None:
    """Half a minute, as the worker looks once a minute; later where Refonte asks to wait."""
    return pace.after(looked.reading, pace.QUIET, now)


def freshness_of(*, looked: Looked, batches: Sequence[OpenBatch], now: datetime) -> Freshness:
    times = [one.counts_at for one in running(batches) if one.counts_at]
    return Freshness(
        is_watched=looked.is_watched,
        oldest=min(times, default=None),
        old=sum(now - at > OLD for at in times),
    )
