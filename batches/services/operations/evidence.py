"""What is known of a write that was sent: how its POST was answered, and what a read has shown."""

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
from batches.services.operations.vendor_session import Unsendable, VendorSession

# NotFound: there is no such batch. After any other error that is unknown.
ReadResult = Batch | BatchStatus | RefonteError
Read = Callable[[Operation, VendorSession], Batch | BatchStatus]

UNREACHED = "Nothing was sent: Refonte could not be reached."
NOT_KNOWN = (
    "Refonte does not know this batch with this key: there is none of that name, "
    "or it was made with a key of the other mode."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The answer of the POST, now or in an earlier step, and a read after it.

    message: for people, where the answer is a refusal or the POST never left; else empty.
    field: the parameter that the message is about. retry_after: seconds.
    request_id: what Refonte calls the POST; empty where it did not say.
    seen: None where nothing was read.
    """

    answer: PostAnswer
    message: str = ""
    http_status: int | None = None
    field: str | None = None
    retry_after: int | None = None
    request_id: str = ""
    seen: ReadResult | None = None

    @classmethod
    def of_error(
        cls,
        error: RefonteError,
        *,
        not_found: str = NOT_KNOWN,
        not_found_field: str | None = None,
    ) -> Self:
        """Of a POST that ended in an error."""
        answer = answer_of(error)
        return cls(
            answer=answer,
            message=_message_of(error, answer, not_found),
            http_status=error.http_status,
            field=(not_found_field if isinstance(error, NotFound) else None) or error.field,
            retry_after=error.retry_after,
            request_id=error.request_id,
        )

    @classmethod
    def of_later_read(cls, operation: Operation, seen: ReadResult | None) -> Self:
        """The answer as it was recorded, with what is read now."""
        return cls(
            # after a kill none is recorded: whether one came is unknown
            answer=PostAnswer(operation.answer or PostAnswer.UNCLEAR),
            message=operation.answer_message,
            http_status=operation.http_status,
            field=operation.field or None,
            request_id=operation.request_id,
            retry_after=1,  # the time that Refonte asked to wait is over
            seen=seen,
        )

    @property
    def is_refusal(self) -> bool:
        return self.answer in (PostAnswer.TAKEN, PostAnswer.REFUSED)


def answer_of(error: RefonteError) -> PostAnswer:
    # by the kind of error: an HTTP status alone does not show whether the call may have worked
    if error.may_have_happened:
        return PostAnswer.UNCLEAR
    if isinstance(error, NotSent | Busy):  # no connection, or no place in a bulkhead
        return PostAnswer.UNSENT
    if isinstance(error, Throttled):
        return PostAnswer.THROTTLED
    return PostAnswer.TAKEN if isinstance(error, Conflict) else PostAnswer.REFUSED


def try_read(read: Read, operation: Operation, session: VendorSession) -> ReadResult:
    """What a read brings, or its error."""
    # an error is evidence too: NotFound shows that there is no such batch
    try:
        return read(operation, session)
    except RefonteError as error:
        return error


def _message_of(error: RefonteError, answer: PostAnswer, not_found: str) -> str:
    if isinstance(error, KeyRefused):
        return f"Refonte refused the key: {error.message} Nothing happened. Check your keys."
    if isinstance(error, NotFound):
        return f"{not_found} Refonte said: {error.message}"
    if answer is PostAnswer.UNSENT:
        is_ours = isinstance(error, Busy | Unsendable)
        why = f"Nothing was sent. {error.message}" if is_ours else UNREACHED
        return f"{why} You may send it again."
    is_refusal = answer in (PostAnswer.TAKEN, PostAnswer.REFUSED)
    return f"Refonte refused it: {error.message}" if is_refusal else ""
