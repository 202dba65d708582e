"""Reads past the cache, for exports: an answer is recorded, but neither cached nor stored."""

from typing import Any, TypeVar

from django.utils import timezone

from batches.refonte import MAX_BODY, Deadline, KeyRefused, RefonteError, TooLarge
from batches.services import metrics
from batches.services.cache.entry import NEVER, CacheEntry
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record
from batches.services.readings.queries import Query
from batches.services.readings.reading import Reading, reading_of
from batches.services.vendor.calls import Kind, call_vendor, safeguards

T = TypeVar("T")


def read_direct(*, key: KeyHandle, query: Query[T], kind: Kind, deadline: Deadline) -> Reading[T]:
    """The vendor's answer, or why there is none; never an earlier answer."""
    asked_at = timezone.now()
    try:
        answer = call_vendor(
            key=key,
            kind=kind,
            deadline=deadline,
            send=lambda client, secret: query.ask(client, secret, deadline),
        )
    except vault.KeyUnreadable as unreadable:
        return _failed(query, KeyRefused(str(unreadable)))
    except RefonteError as error:
        return _failed(query, error)
    metrics.READS.labels("vendor").inc()
    # as of its question: a write of ours may have come meanwhile, and no floor is checked here
    sightings = query.sightings(answer.data)
    recorded = record(fingerprint=key.fingerprint, sightings=sightings, at=asked_at)
    return Reading(
        data=answer.data,
        # so that only `data` keeps the answer in memory
        payload=None,
        as_of=answer.answered_at,
        failure=None,
        next_try=None,
        size=answer.size,
        recorded=recorded,
    )


def _failed(query: Query[Any], error: RefonteError) -> Reading[Any]:
    metrics.READS.labels("failed").inc()
    wait = safeguards().breaker.seconds_left
    entry = CacheEntry(asked_at=NEVER).failed(error, timezone.now(), wait)
    # an answer that is too large was read up to this size: an export counts these bytes
    return reading_of(query, entry, size=MAX_BODY if isinstance(error, TooLarge) else 0)
