"""What a service gets of one query: its last usable answer, and why there is none newer."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from batches.services.cache.held import Failure

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T]):
    """What a service gets: typed data or None, its time, and the failure since, if any.

    made: what was made of this very answer, kept with it.
    is_news: this very request fetched it, so it is not written down yet.
    """

    data: T | None
    payload: Any
    as_of: datetime | None
    failure: Failure | None
    next_try: datetime | None
    made: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
    is_news: bool = False

    @property
    def is_stale(self) -> bool:
        return self.failure is not None
