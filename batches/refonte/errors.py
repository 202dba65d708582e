"""The errors of a call, by what the caller can do. The package's docstring shows the tree.

An error has no `__cause__`, `__context__` or object of the HTTP library: their frames hold the key.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Outcome(StrEnum):
    """How a call ended, for logs, metrics and database rows."""

    OK = "ok"
    NOT_SENT = "not_sent"
    NO_ANSWER = "no_answer"
    THROTTLED = "throttled"
    KEY_REFUSED = "key_refused"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    VENDOR_ERROR = "vendor_error"
    BAD_ANSWER = "bad_answer"
    BUSY = "busy"


class RefonteError(Exception):
    """A call without a usable answer.

    message: a sentence for people: the vendor's own where it sent one, at most 300 characters, not
        trusted (escape it).
    http_status: of the answer, None without an answer.
    retry_after: seconds to wait, whole, 1–300; None without a valid header.
    vendor_date: the answer's `Date` header, in UTC.
    field: the parameter that the vendor's message names, if any.
    request_id: what the vendor calls the request; empty where it does not say.
    can_retry: whether the same call may succeed later.
    may_have_happened: whether a write may have taken effect: read before sending it again.
    """

    outcome: ClassVar[Outcome]
    can_retry: ClassVar[bool] = False
    may_have_happened: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        retry_after: int | None = None,
        vendor_date: datetime | None = None,
        field: str | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.retry_after = None if retry_after is None else min(max(int(retry_after), 1), 300)
        self.vendor_date = vendor_date
        self.field = field
        self.request_id = request_id


class NoAnswerCame(RefonteError):  # noqa: N818 - it reads as what happened
    """Without an answer nothing is known of the vendor's data."""

    can_retry = True


class NotSent(NoAnswerCame):
    """Not one byte of the request was sent: a write did not happen."""

    outcome = Outcome.NOT_SENT


class NoAnswer(NoAnswerCame):
    """The request, or part of it, may have reached the vendor; no whole answer came back."""

    outcome = Outcome.NO_ANSWER
    may_have_happened = True


class Busy(NoAnswerCame):
    """A caller of the client does not send now. The client itself never raises it."""

    outcome = Outcome.BUSY


class AnswerCame(RefonteError):  # noqa: N818 - it reads as what happened
    """The vendor, or a proxy on the way, answered."""


class Throttled(AnswerCame):
    outcome = Outcome.THROTTLED
    can_retry = True


class KeyRefused(AnswerCame):
    outcome = Outcome.KEY_REFUSED


class NotFound(AnswerCame):
    outcome = Outcome.NOT_FOUND


class Conflict(AnswerCame):
    outcome = Outcome.CONFLICT


class Rejected(AnswerCame):
    outcome = Outcome.REJECTED


class VendorError(AnswerCame):
    outcome = Outcome.VENDOR_ERROR
    can_retry = True
    may_have_happened = True


class Denied(VendorError):  # noqa: N818 - it reads as what happened
    """A 401 or 403 without a JSON object that has `error` or `status_code`.

    A proxy or CDN sends such answers, so one alone is no evidence against the key.
    """


class BadAnswer(AnswerCame):
    outcome = Outcome.BAD_ANSWER
    can_retry = True
    may_have_happened = True


class TooLarge(BadAnswer):
    """The same request would be answered at the same length again."""

    can_retry = False


_BY_STATUS: dict[int, type[AnswerCame]] = {
    401: KeyRefused,
    403: KeyRefused,
    404: NotFound,
    408: VendorError,
    409: Conflict,
    429: Throttled,
}


def error_for_status(status: int, *, has_reason: bool = True) -> type[AnswerCame]:
    """The class of error of an HTTP status other than 2xx.

    has_reason: the body is the vendor's own: a JSON object with `error` or `status_code`.
    """
    kind = _BY_STATUS.get(status)
    if kind is KeyRefused and not has_reason:
        return Denied
    if kind is not None:
        return kind
    if 400 <= status < 500:
        return Rejected
    return VendorError if status >= 500 else BadAnswer
