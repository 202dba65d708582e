"""What goes to the transport and what comes back: bytes, not yet understood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .deadline import Deadline
from .secret import Secret

TOO_LARGE = "Refonte's answer is too large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `url` goes to the wire as it stands; `body` is JSON or nothing."""

    method: str
    url: str
    key: Secret
    body: bytes | None = None


def nothing() -> None:
    """Of a reply that no connection brought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status and a body. `fault` says why the body is not whole, where it is not.

    give_up: ends the connection that it came on, for whoever finds that it answers something else.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    fault: str | None = None
    give_up: Callable[[], None] = field(default=nothing, compare=False, repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_too_large(self) -> bool:
        """Its body was given up at the bound: a question for less may be answered. Not where it
        began as no JSON does: a page without an end, say, of something on the way.
        """
        is_json = self.body.lstrip()[:1] in (b"{", b"[")
        return self.is_success and self.fault == TOO_LARGE and is_json


class Transport(Protocol):
    """Sends a request once. Raises NotSent or NoAnswer, and nothing else; ends at the deadline."""

    def send(self, request: Request, deadline: Deadline) -> Reply: ...
