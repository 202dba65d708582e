"""What is known about one query: the last usable answer, its time, and why there is none newer."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dogpile.cache.api import CantDeserializeException

from batches.refonte import Answer, Outcome, RefonteError, TooLarge
from batches.services.clock import has_passed, is_ahead, is_older

FIRST_PAUSE = 5
LONGEST_PAUSE = 60
# No failed try rests longer, whatever was asked for: `Retry-After` is not believed beyond it.
LONGEST_REST = timedelta(minutes=5)
# An unchanged answer is stored again only this often, so that its age survives a restart.
REWRITE_AFTER = timedelta(minutes=1)
NO = frozenset({Outcome.NOT_FOUND, Outcome.REJECTED})
NEVER = datetime.min.replace(tzinfo=UTC)
MOST_TRIES = 1_000  # of which a pause is told; a number that is not ours could be any
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why the last try gave nothing. `since` is the first of the tries that failed in a row.

    is_too_large: a question for fewer rows may be answered.
    """

    outcome: str
    message: str
    since: datetime
    tries: int = 1
    is_too_large: bool = False


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """A reading as the cache holds it: the vendor's JSON, `as_of` its answer's time in UTC.

    stored_as_of: that of the same payload in the database.
    size: bytes of the answer as it came, before it was bounded; 0 where that is not known.
    made: what this process made of the payload, for as long as the vendor answers the same.
    """

    payload: Any = None
    as_of: datetime | None = None
    failure: Failure | None = None
    asked_at: datetime
    next_try: datetime | None = None
    stored_as_of: datetime | None = None
    size: int = 0
    memo: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, query_id: str, answer: Answer[Any], before: "CacheEntry") -> "CacheEntry":
        """What was answered. It is to be stored where it is news, or the stored age too old."""
        now, stored = answer.answered_at, before.stored_as_of
        is_same = before.as_of is not None and answer.payload == before.payload
        is_kept = stored and is_same and not is_older(stored, now=now, than=REWRITE_AFTER)
        return cls(
            payload=answer.payload,
            as_of=now,
            asked_at=now,
            stored_as_of=stored if is_kept else now,
            size=answer.size,
            memo=before.memo if is_same else {query_id: answer.data},
        )

    def failed(self, error: RefonteError, now: datetime, rest: float = 0) -> "CacheEntry":
        """The same knowledge after one more try that gave nothing.

        rest: seconds in which nobody is let through, so that no try is promised within them.
        """
        before = self.failure if self._was_tried_lately(now) else None
        failure = Failure(
            outcome=error.outcome,
            message=error.words,
            since=before.since if before else now,
            tries=before.tries + 1 if before else 1,
            is_too_large=isinstance(error, TooLarge),
        )
        pause = error.retry_after or min(FIRST_PAUSE * 2 ** (failure.tries - 1), LONGEST_PAUSE)
        next_try = now + timedelta(seconds=max(pause, math.ceil(rest)))
        return replace(self, failure=failure, asked_at=now, next_try=next_try)

    def _was_tried_lately(self, now: datetime) -> bool:
        """Of a time in which nobody asked, nothing is known: a failure after it begins a row."""
        longest = timedelta(seconds=2 * LONGEST_PAUSE)
        last = max(self.asked_at, self.next_try or NEVER)
        is_over = is_ahead(last, now=now, at_most=LONGEST_REST)  # tried by another clock
        return now - last <= longest and not is_over

    def is_due(self, now: datetime, fresh: timedelta, floor: datetime | None) -> bool:
        """Time to ask again: a write of ours came after it, or it is neither fresh nor resting.

        A plain no keeps like an answer; any other failure only until its next try.
        """
        if floor is not None and self.asked_at <= floor:
            return True
        may_try = has_passed(self.next_try, now=now, at_most=LONGEST_REST)
        if self.failure is not None and self.failure.outcome not in NO:
            return may_try
        return may_try and is_older(self.asked_at, now=now, than=fresh)


def dump(held: Any) -> bytes:
    """A held reading, or a time, as JSON for Redis."""
    if isinstance(held, datetime):
        return json.dumps(held.isoformat()).encode()
    facts = asdict(replace(held, memo={}))
    return json.dumps(facts, default=datetime.isoformat).encode()


def load(text: bytes) -> Any:
    """The inverse of `dump`. What another version of this product wrote is no value."""
    try:
        return _loaded(json.loads(text))
    except UNREADABLE as error:
        raise CantDeserializeException from error


def _loaded(facts: Any) -> Any:
    if isinstance(facts, str):
        return _time(facts)
    failure = facts["failure"]
    return CacheEntry(
        payload=facts["payload"],
        as_of=_time(facts["as_of"]),
        failure=None if failure is None else _failure(failure),
        asked_at=_time(facts["asked_at"]) or NEVER,
        next_try=_time(facts["next_try"]),
        stored_as_of=_time(facts["stored_as_of"]),
        size=int(facts["size"]),
    )


def _failure(facts: dict[str, Any]) -> Failure:
    return Failure(
        outcome=str(facts["outcome"]),
        message=str(facts["message"]),
        since=_time(facts["since"]) or NEVER,
        tries=max(1, min(int(facts["tries"]), MOST_TRIES)),
        is_too_large=facts["is_too_large"] is True,
    )


def _time(text: str | None) -> datetime | None:
    """Raises ValueError for one without a zone, which could be compared to no other."""
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found
