"""What a service gets of one query: its last usable answer, and why there is none newer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from batches.models import SeenBatch
from batches.refonte import BadAnswer
from batches.services.cache.entry import NEVER, CacheEntry, Failure
from batches.services.readings.queries import Query

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T]):
    """What a service gets: typed data or None, its time, and the failure since, if any.

    made: what was made of this very answer, kept with it.
    size: bytes that were read for it; 0 where that is not known.
    recorded: where this very request asked, the rows of all batches that it was told of.
    is_full: this very request asked nobody, as all readers were taken.
    """

    data: T | None
    payload: Any
    as_of: datetime | None
    failure: Failure | None
    next_try: datetime | None
    memo: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
    size: int = 0
    recorded: Mapping[str, SeenBatch] = field(default_factory=dict, compare=False, repr=False)
    had_no_slot: bool = False

    @property
    def is_stale(self) -> bool:
        return self.failure is not None


def reading_of(
    query: Query[T],
    entry: CacheEntry | None,
    recorded: Mapping[str, SeenBatch] | None = None,
    size: int = 0,
    *,
    had_no_slot: bool = False,
) -> Reading[T]:
    entry = entry or CacheEntry(asked_at=NEVER)
    if not is_understood(query, entry):
        entry = replace(entry, payload=None, as_of=None, memo={})
    return Reading(
        data=entry.memo[query.id] if entry.as_of else None,
        payload=entry.payload,
        as_of=entry.as_of,
        failure=entry.failure,
        next_try=entry.next_try,
        memo=entry.memo,
        size=size or entry.size,
        recorded=recorded or {},
        had_no_slot=had_no_slot,
    )


def is_understood(query: Query[Any], entry: CacheEntry) -> bool:
    """Whether its payload can be read; another version of this product may have kept it."""
    if entry.as_of is None or query.id in entry.memo:
        return True
    try:
        entry.memo[query.id] = query.parse(entry.payload)
    except BadAnswer:
        return False
    return True
