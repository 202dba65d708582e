"""What can go wrong with a call to the vendor, sorted by what the caller can do.

RefonteError
├── NoAnswerCame
│   ├── NotSent       connect refused, DNS, TLS: nothing was sent, so nothing happened
│   ├── NoAnswer      deadline, reset, body cut: it may have happened
│   └── Busy          raised by callers of the client, which refused to send now
└── AnswerCame
    ├── Throttled     429: wait `retry_after`
    ├── KeyRefused    401, 403, with the vendor's own reason
    ├── NotFound      404: unknown, or made with the other mode's key
    ├── Conflict      409: the name is taken
    ├── Rejected      400, 402, 422, any other 4xx: as the words say
    ├── VendorError   408, 5xx: it may have happened
    │   └── Denied    401, 403 of something on the way, as the vendor's reason is missing
    └── BadAnswer     2xx of an undocumented shape, any 1xx or 3xx: it may have happened
        └── TooLarge  2xx with more bytes than are read: ask for less

An error holds only its own words and figures, never anything of the HTTP library: its frames hold
the key. It is raised where neither cause nor context can hold them either.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Outcome(StrEnum):
    """How a call ended, in the one word that logs, metrics and rows use."""

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
    """A call that brought no usable answer.

    words: what happened, as text for people: the vendor's own where it sent any, at most 300
        characters, hostile (escape it).
    http_status: of the answer, None where none came.
    retry_after: seconds to wait, whole, 1–300; None where the vendor named none that makes sense.
    vendor_date: the answer's `Date` header, in UTC.
    field: the parameter that the vendor's words are about, where it names one.
    can_retry: whether the same call may bring an answer later.
    may_have_happened: what a write must treat as unknown, and settle by reading.
    """

    outcome: ClassVar[Outcome]
    can_retry: ClassVar[bool] = False
    may_have_happened: ClassVar[bool] = False

    def __init__(
        self,
        words: str,
        *,
        http_status: int | None = None,
        retry_after: int | None = None,
        vendor_date: datetime | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(words)
        self.words = words
        self.http_status = http_status
        self.retry_after = None if retry_after is None else min(max(int(retry_after), 1), 300)
        self.vendor_date = vendor_date
        self.field = field


class NoAnswerCame(RefonteError):  # noqa: N818 - it reads as what happened
    """Nothing can be said of what the vendor holds."""

    can_retry = True


class NotSent(NoAnswerCame):
    """Not one byte of the request left: a write did not happen."""

    outcome = Outcome.NOT_SENT


class NoAnswer(NoAnswerCame):
    """The request, or part of it, may have reached the vendor; no whole answer came back."""

    outcome = Outcome.NO_ANSWER
    may_have_happened = True


class Busy(NoAnswerCame):
    """A caller of the client refused to send now; the client itself never raises it."""

    outcome = Outcome.BUSY


class AnswerCame(RefonteError):  # noqa: N818 - it reads as what happened
    """The vendor, or something that speaks for it, answered."""


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

    A proxy or CDN on the way says so, or a vendor without a reason. One alone says nothing of the
    key, and nothing of how the vendor is.
    """


class BadAnswer(AnswerCame):
    outcome = Outcome.BAD_ANSWER
    can_retry = True
    may_have_happened = True


class TooLarge(BadAnswer):
    """The vendor is well, and the same question would be answered at the same length again."""

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
    """The error that an HTTP status other than 2xx means.

    has_reason: the body is the vendor's own: a JSON object with `error` or `status_code`.
    """
    meaning = _BY_STATUS.get(status)
    if meaning is KeyRefused and not has_reason:
        return Denied
    if meaning is not None:
        return meaning
    if 400 <= status < 500:
        return Rejected
    return VendorError if status >= 500 else BadAnswer
