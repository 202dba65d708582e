"""What a service gets of one query: its last usable answer, and why there is none newer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from batches.models import SeenBatch
from batches.refonte import BadAnswer
from batches.services.cache.entry import NEVER, Failure, Held
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
    made: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
    size: int = 0
    recorded: Mapping[str, SeenBatch] = field(default_factory=dict, compare=False, repr=False)
    is_full: bool = False

    @property
    def is_stale(self) -> bool:
        return self.failure is not None


def reading_of(
    query: Query[T],
    held: Held | None,
    recorded: Mapping[str, SeenBatch] | None = None,
    size: int = 0,
    *,
    is_full: bool = False,
) -> Reading[T]:
    held = held or Held(asked_at=NEVER)
    if not is_understood(query, held):
        held = replace(held, payload=None, as_of=None, made={})
    return Reading(
        data=held.made[query.id] if held.as_of else None,
        payload=held.payload,
        as_of=held.as_of,
        failure=held.failure,
        next_try=held.next_try,
        made=held.made,
        size=size or held.size,
        recorded=recorded or {},
        is_full=is_full,
    )


def is_understood(query: Query[Any], held: Held) -> bool:
    """Whether its payload can be read; another version of this product may have kept it."""
    if held.as_of is None or query.id in held.made:
        return True
    try:
        held.made[query.id] = query.parse(held.payload)
    except BadAnswer:
        return False
    return True
