"""Reads through the cache. An error of the vendor becomes a failure of the reading, not a raise."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.utils import timezone

from batches.models import SeenBatch
from batches.refonte import Deadline
from batches.services import metrics
from batches.services.cache import store
from batches.services.cache.store import Lookup
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import LISTS, Query, scope_of
from batches.services.readings.reading import Reading, is_understood, reading_of
from batches.services.readings.refresh import refresh
from batches.services.vendor.calls import Kind

T = TypeVar("T")


def read(*, key: KeyHandle, query: Query[T], kind: Kind, deadline: Deadline) -> Reading[T]:
    """The reading of one query, from the cache or from the vendor."""
    return read_together(key=key, queries=(query,), kind=kind, deadline=deadline)[0]


def read_together(
    *, key: KeyHandle, queries: Sequence[Query[Any]], kind: Kind, deadline: Deadline
) -> tuple[Reading[Any], ...]:
    """The readings of several queries; those that are due are asked side by side."""
    now = timezone.now()
    lookups = list(zip(queries, _look_up(key, queries), strict=True))
    entries = {query.id: lookup.entry for query, lookup in lookups}
    due = [query for query, lookup in lookups if lookup.is_due(now, query.fresh)]
    metrics.READS.labels("cache").inc(len(queries) - len(due))
    recorded: dict[str, SeenBatch] = {}
    had_no_slot = False
    if due:
        fetched, recorded, had_no_slot = refresh(key, due, entries, kind, deadline)
        entries |= fetched
    return tuple(
        reading_of(query, entries[query.id], recorded, had_no_slot=had_no_slot) for query in queries
    )


def last_known(*, key: KeyHandle, query: Query[T]) -> Reading[T]:
    """The reading from the cache alone, without a call."""
    return all_last_known(key=key, queries=(query,))[0]


def all_last_known(*, key: KeyHandle, queries: Sequence[Query[T]]) -> tuple[Reading[T], ...]:
    """The same for several queries, with one access to the cache."""
    lookups = _look_up(key, queries)
    return tuple(
        reading_of(query, lookup.entry) for query, lookup in zip(queries, lookups, strict=True)
    )


def forget_batch(*, key: KeyHandle, name: str) -> None:
    """After a write: mark earlier answers about this batch, and all lists, as outdated."""
    outdate_batch(fingerprint=key.fingerprint, name=name)


def outdate_batch(*, fingerprint: str, name: str) -> None:
    """The same for a key of which only the fingerprint is known."""
    now = timezone.now()
    for scope in (scope_of(name), LISTS):
        # a time instead of a deletion: it also outdates answers that are still on their way
        store.raise_floor(fingerprint, scope, now)


def _look_up(key: KeyHandle, queries: Sequence[Query[Any]]) -> list[Lookup]:
    """Entries from the cache, without those that this version cannot parse."""
    lookups = store.look_up(key.fingerprint, [query.place for query in queries])
    for at, query in enumerate(queries):
        entry = lookups[at].entry
        if entry is not None and not is_understood(query, entry):
            # else `refresh` would find it fresh under its lock, and make no call
            store.forget(key.fingerprint, query.id)
            lookups[at] = lookups[at]._replace(entry=None)
    return lookups
