"""Requests and replies as the transport handles them: bytes, not yet parsed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .deadline import Deadline
from .secret import Secret

TOO_LARGE = "Refonte's answer is too large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `url` is sent unchanged; `body` is JSON or None."""

    method: str
    url: str
    key: Secret
    body: bytes | None = None


def nothing() -> None:
    """The `abandon` of a reply without a connection, as of a stub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status and a body.

    fault: why the body is not complete; None where it is.
    abandon: closes its connection, for a caller that finds that it answers another request.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    fault: str | None = None
    abandon: Callable[[], None] = field(default=nothing, compare=False, repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_too_large(self) -> bool:
        """Whether it is JSON longer than the limit: a request for fewer rows may succeed."""
        # anything else of that length is no answer of the vendor, but an endless page of a proxy
        is_json = self.body.lstrip()[:1] in (b"{", b"[")
        return self.is_success and self.fault == TOO_LARGE and is_json


class Transport(Protocol):
    """Sends a request once, until the deadline. Raises NotSent or NoAnswer, and nothing else."""

    def send(self, request: Request, deadline: Deadline) -> Reply: ...
