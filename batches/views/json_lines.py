"""JSON Lines: an object a line, in UTF-8; times in UTC."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

CONTENT_TYPE = "application/jsonl; charset=utf-8"


def json_line(values: Mapping[str, Any]) -> str:
    # escaped where a program takes a character for the end of a line, as U+2028, or cannot write it
    return json.dumps(values, default=_plain) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)
