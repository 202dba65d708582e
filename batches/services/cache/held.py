"""What is known about one query: the last usable answer, its time, and why there is none newer."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dogpile.cache.api import CantDeserializeException

from batches.refonte import Answer, Outcome, RefonteError, TooLarge

FIRST_PAUSE = 5
LONGEST_PAUSE = 60
# An unchanged answer is stored again only this often, so that its age survives a restart.
REWRITE_AFTER = timedelta(minutes=1)
NO = frozenset({Outcome.NOT_FOUND, Outcome.REJECTED})
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why the last try gave nothing. `since` is the first of the tries that failed in a row.

    is_too_large: a question for fewer rows may be answered.
    """

    outcome: str
    words: str
    since: datetime
    tries: int = 1
    is_too_large: bool = False


@dataclass(frozen=True, kw_only=True)
class Held:
    """A reading as the cache holds it: the vendor's JSON, `as_of` its answer's time in UTC.

    stored_as_of: that of the same payload in the database.
    made: what this process made of the payload, for as long as the vendor answers the same.
    """

    payload: Any = None
    as_of: datetime | None = None
    failure: Failure | None = None
    asked_at: datetime
    next_try: datetime | None = None
    stored_as_of: datetime | None = None
    made: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, query_id: str, answer: Answer[Any], before: "Held") -> "Held":
        """What was answered. It is to be stored where it is news, or the stored age too old."""
        now, stored = answer.answered_at, before.stored_as_of
        is_same = before.as_of is not None and answer.payload == before.payload
        is_kept = stored and is_same and now - stored <= REWRITE_AFTER
        return cls(
            payload=answer.payload,
            as_of=now,
            asked_at=now,
            stored_as_of=stored if is_kept else now,
            made=before.made if is_same else {query_id: answer.data},
        )

    def failed(self, error: RefonteError, now: datetime, rest: float = 0) -> "Held":
        """The same knowledge after one more try that gave nothing.

        rest: seconds in which nobody is let through, so that no try is promised within them.
        """
        before = self.failure if self._was_tried_lately(now) else None
        failure = Failure(
            outcome=error.outcome,
            words=error.words,
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
        return now - max(self.asked_at, self.next_try or NEVER) <= longest

    def is_due(self, now: datetime, fresh: timedelta, floor: datetime | None) -> bool:
        """Time to ask again: a write of ours came after it, or it is neither fresh nor resting.

        A plain no keeps like an answer; any other failure only until its next try.
        """
        if floor is not None and self.asked_at <= floor:
            return True
        next_try = self.next_try or NEVER
        if self.failure is not None and self.failure.outcome not in NO:
            return now >= next_try
        return now >= max(self.asked_at + fresh, next_try)


def dump(held: Any) -> bytes:
    """A held reading, or a time, as JSON for Redis."""
    if isinstance(held, datetime):
        return json.dumps(held.isoformat()).encode()
    facts = asdict(replace(held, made={}))
    return json.dumps(facts, default=datetime.isoformat).encode()


def load(text: bytes) -> Any:
    """The inverse of `dump`. What another version of this product wrote is no value."""
    try:
        return _loaded(json.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        raise CantDeserializeException from error


def _loaded(facts: Any) -> Any:
    if isinstance(facts, str):
        return datetime.fromisoformat(facts)
    for name in ("as_of", "asked_at", "next_try", "stored_as_of"):
        facts[name] = facts[name] and datetime.fromisoformat(facts[name])
    if failure := facts["failure"]:
        failure["since"] = datetime.fromisoformat(failure["since"])
        facts["failure"] = Failure(**failure)
    return Held(**facts)
