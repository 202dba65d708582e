"""Read through the cache: what is known, and why no more. Never raises for the vendor's sake."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.utils import timezone

from batches.models import SeenBatch
from batches.refonte import Deadline
from batches.services import metrics
from batches.services.cache import store as cache
from batches.services.cache.entry import NEVER, CacheEntry
from batches.services.clock import is_older
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import LISTS, Query, scope_of
from batches.services.readings.reading import Reading, is_understood, reading_of
from batches.services.readings.refresh import refresh
from batches.services.vendor.calls import Kind

T = TypeVar("T")


class Turn(NamedTuple):
    """is_taken: by who asks now. last: when somebody asked for all before."""

    is_taken: bool
    last: datetime | None


def read(*, key: KeyHandle, query: Query[T], kind: Kind, deadline: Deadline) -> Reading[T]:
    """What is known about one query."""
    return read_together(key=key, queries=(query,), kind=kind, deadline=deadline)[0]


def read_together(
    *, key: KeyHandle, queries: Sequence[Query[Any]], kind: Kind, deadline: Deadline
) -> tuple[Reading[Any], ...]:
    """What is known about several queries; those that are due are asked side by side."""
    now = timezone.now()
    known = {query.id: _known(key, query) for query in queries}
    due = [query for query in queries if _is_due(key, query, known[query.id], now)]
    metrics.READS.labels("cache").inc(len(queries) - len(due))
    recorded: dict[str, SeenBatch] = {}
    had_no_slot = False
    if due:
        fetched, recorded, had_no_slot = refresh(key, due, known, kind, deadline)
        known |= fetched
    return tuple(
        reading_of(query, known[query.id], recorded, had_no_slot=had_no_slot) for query in queries
    )


def last_known(*, key: KeyHandle, query: Query[T]) -> Reading[T]:
    """What the cache holds, asking nobody."""
    return reading_of(query, _known(key, query))


def forget_batch(*, key: KeyHandle, name: str) -> None:
    """After a write: what was read before about this batch, and all lists, is old."""
    now = timezone.now()
    for scope in (scope_of(name), LISTS):
        cache.raise_floor(key.fingerprint, scope, now)


def take_turn(*, key: KeyHandle, what: str, every: timedelta, now: datetime) -> Turn:
    """Whether this viewer asks for all, or another one did lately."""
    last = last_turn(key=key, what=what)
    is_taken = last is None or is_older(last, now=now, than=every)
    if is_taken:
        cache.note_turn(key.fingerprint, what, now)
    return Turn(is_taken, last)


def last_turn(*, key: KeyHandle, what: str) -> datetime | None:
    """When somebody last asked for all who look at the same."""
    return cache.turn(key.fingerprint, what)


def return_turn(*, key: KeyHandle, what: str, turn: Turn) -> None:
    """It was taken, and nobody could be asked: no page may take it for a read."""
    cache.note_turn(key.fingerprint, what, turn.last or NEVER)


def _known(key: KeyHandle, query: Query[Any]) -> CacheEntry | None:
    """What the cache holds and is understood."""
    held = cache.held(key.fingerprint, query.id)
    if held is None or is_understood(query, held):
        return held
    cache.forget(key.fingerprint, query.id)
    return None


def _is_due(key: KeyHandle, query: Query[Any], held: CacheEntry | None, now: datetime) -> bool:
    floor = cache.floor(key.fingerprint, query.scope)
    return held is None or held.is_due(now, query.fresh, floor)
