"""The result of one query: the last usable answer, and why there is no newer one."""

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
    """Typed data or None, its time, and the failure since then, if any.

    memo: values derived from this answer, kept in the cache with it.
    size: bytes that were read for it; 0 where unknown.
    recorded: where this request called the vendor, the rows of all batches in the answers.
    had_no_slot: this request could not call the vendor, as no reader was free.
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
    """Whether the payload of an entry can be parsed."""
    # parsed once for each answer: requests for the same entry share the result
    if entry.as_of is None or query.id in entry.memo:
        return True
    try:
        entry.memo[query.id] = query.parse(entry.payload)
    except BadAnswer:
        # another version of this product stored it, in Redis or in the database
        return False
    return True
