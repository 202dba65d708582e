"""What is known of a write that was sent: how its POST was answered, and what a read has shown.

Each verb judges by this and by its record alone, so that an outcome cannot say more than is known.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from batches.models import Operation, PostAnswer
from batches.refonte import (
    Batch,
    BatchStatus,
    Busy,
    Conflict,
    KeyRefused,
    NotFound,
    NotSent,
    RefonteError,
    Throttled,
)
from batches.services.operations.vendor_session import Line, Unsendable

# What a read brought. NotFound says that there is no such batch; any other error says nothing.
Seen = Batch | BatchStatus | RefonteError

UNREACHED = "Nothing was sent: Refonte could not be reached."
NOT_KNOWN = (
    "Refonte does not know this batch with this key: there is none of that name, "
    "or it was made with a key of the other mode."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The answer of the POST, now or in an earlier step, and a read after it.

    words: what a refusal, or a POST that never left, says for people; of other answers nothing.
    retry_after: seconds. field: the parameter that the words are about.
    seen: None where nobody was asked.
    """

    answer: PostAnswer
    words: str = ""
    http_status: int | None = None
    field: str | None = None
    retry_after: int | None = None
    seen: Seen | None = None

    @classmethod
    def of_error(cls, error: RefonteError, seen: Seen | None = None, *, words: str = "") -> Self:
        """What a POST that ended in an error says. `words`: better ones than the error's own."""
        answer = answer_of(error)
        return cls(
            answer=answer,
            words=words or _words_of(error, answer),
            http_status=error.http_status,
            field=error.field,
            retry_after=error.retry_after,
            seen=seen,
        )

    @classmethod
    def recorded(cls, operation: Operation, seen: Seen | None = None) -> Self:
        """A read in a later step. Where no answer is recorded, as after a kill, none came."""
        return cls(
            answer=PostAnswer(operation.answer or PostAnswer.UNCLEAR),
            words=operation.answer_words,
            http_status=operation.http_status,
            field=operation.field or None,
            retry_after=1,  # it has been waited for
            seen=seen,
        )

    @property
    def is_refusal(self) -> bool:
        """The POST was answered with a no: the words say why."""
        return self.answer in (PostAnswer.TAKEN, PostAnswer.REFUSED)


def answer_of(error: RefonteError) -> PostAnswer:
    """By what the error itself knows of the call, not by lists of HTTP statuses."""
    if error.may_have_happened:
        return PostAnswer.UNCLEAR
    if isinstance(error, NotSent | Busy):
        return PostAnswer.UNSENT
    if isinstance(error, Throttled):
        return PostAnswer.THROTTLED
    return PostAnswer.TAKEN if isinstance(error, Conflict) else PostAnswer.REFUSED


def seen_by(read: Callable[[], Seen]) -> Seen:
    """What a read brings, its error included."""
    try:
        return read()
    except RefonteError as error:
        return error


def seen_after(error: RefonteError, line: Line, read: Callable[[], Seen]) -> Seen | None:
    """A read after a POST that did not end well, where it can tell anything and still fits."""
    # what never left did nothing, and a key that is refused reads nothing
    if isinstance(error, NotSent | Busy | KeyRefused):
        return None
    if not line.has_time_to_read():
        return NotSent("There was no time left to ask Refonte.")
    return seen_by(read)


def _words_of(error: RefonteError, answer: PostAnswer) -> str:
    if isinstance(error, KeyRefused):
        return f"Refonte refused the key: {error.words} Nothing happened. Check your keys."
    if isinstance(error, NotFound):
        return f"{NOT_KNOWN} Refonte said: {error.words}"
    if answer is PostAnswer.UNSENT:
        is_ours = isinstance(error, Busy | Unsendable)
        why = f"Nothing was sent. {error.words}" if is_ours else UNREACHED
        return f"{why} You may send it again."
    is_refusal = answer in (PostAnswer.TAKEN, PostAnswer.REFUSED)
    return f"Refonte refused it: {error.words}" if is_refusal else ""
