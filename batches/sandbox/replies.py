"""What the stand-in answers with: a reply, or a refusal in the vendor's form."""

import json
from dataclasses import dataclass, field
from typing import Any


class Refusal(Exception):  # noqa: N818  (the vendor refuses; nothing failed)
    """The vendor says no: an HTTP status and its words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is whole: status, body, and headers besides those every answer has."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())
