"""Complete answers, and refusals in the vendor's form."""

import json
from dataclasses import dataclass, field
from typing import Any


class Refusal(Exception):  # noqa: N818 - the vendor refuses, nothing failed
    """The vendor rejects a call with an HTTP status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body, and headers beside those that every answer has."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())
