"""What is known of one query: the last usable answer, its time, and why there is none newer."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from batches.refonte import Answer, Outcome, RefonteError, TooLarge
from batches.services.clock import has_passed, is_ahead, is_older

FIRST_PAUSE = 5
LONGEST_PAUSE = 60
# No failed try waits longer: a `Retry-After` beyond it is not followed.
LONGEST_WAIT = timedelta(minutes=5)
# An unchanged answer is stored again only this often, so that its age survives a restart.
REWRITE_AFTER = timedelta(minutes=1)
# Failures that are answers about the question itself: they keep as long as data does.
DEFINITE = frozenset({Outcome.NOT_FOUND, Outcome.REJECTED})
NEVER = datetime.min.replace(tzinfo=UTC)
MOST_TRIES = 1_000  # what another process wrote could be any number
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

    @property
    def is_definite(self) -> bool:
        return self.outcome in DEFINITE


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """payload: the vendor's JSON. as_of: when the vendor answered it, in UTC.

    asked_at: when the last try ended. next_try: of a failed one, not before then.
    stored_as_of: `as_of` of the same payload in the database.
    size: bytes of the answer as it came, before it was bounded; 0 where that is not known.
    memo: what this process derived from the payload, kept while the vendor answers the same.
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
        """An answer, after an earlier entry."""
        # an answer that is the same is not written to the database each time; `stored_as_of` is the
        # time of this one where it is to be written
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

    def failed(self, error: RefonteError, now: datetime, wait: float = 0) -> "CacheEntry":
        """The same entry after one more failed try. wait: seconds until the breaker allows one."""
        before = self.failure if self._was_tried_lately(now) else None
        failure = Failure(
            outcome=error.outcome,
            message=error.message,
            since=before.since if before else now,
            tries=before.tries + 1 if before else 1,
            is_too_large=isinstance(error, TooLarge),
        )
        pause = error.retry_after or min(FIRST_PAUSE * 2 ** (failure.tries - 1), LONGEST_PAUSE)
        # pages show this time, so it must not be one at which the breaker still refuses
        next_try = now + timedelta(seconds=max(pause, math.ceil(wait)))
        return replace(self, failure=failure, asked_at=now, next_try=next_try)

    def _was_tried_lately(self, now: datetime) -> bool:
        """Whether the last try was recent enough to count this failure to the same row of them."""
        # of a longer time without tries nothing is known: Refonte may have worked
        longest = timedelta(seconds=2 * LONGEST_PAUSE)
        last = max(self.asked_at, self.next_try or NEVER)
        # what lies further ahead was written by a clock that was set back since
        is_ahead_of_clock = is_ahead(last, now=now, at_most=LONGEST_WAIT)
        return now - last <= longest and not is_ahead_of_clock

    def is_due(self, now: datetime, fresh: timedelta) -> bool:
        """Whether it is time to ask again."""
        if not has_passed(self.next_try, now=now, at_most=LONGEST_WAIT):
            return False
        # such a failure is no answer: there is nothing that could still be fresh
        if self.failure is not None and not self.failure.is_definite:
            return True
        return is_older(self.asked_at, now=now, than=fresh)


def dump(value: CacheEntry | datetime) -> bytes:
    """JSON for Redis."""
    if isinstance(value, datetime):
        return json.dumps(value.isoformat()).encode()
    facts = asdict(replace(value, memo={}))
    return json.dumps(facts, default=datetime.isoformat).encode()


def load(text: bytes | None) -> CacheEntry | datetime | None:
    """The inverse of `dump`. None for what another version of this product wrote."""
    try:
        return None if text is None else _loaded(json.loads(text))
    except UNREADABLE:
        return None


def _loaded(facts: Any) -> CacheEntry | datetime | None:
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
    """Raises ValueError for a time without a zone."""
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    # Python raises where it is compared with one that has a zone
    if found.tzinfo is None:
        raise ValueError(text)
    return found
