"""Reads parameters strictly: anything that is not as documented is refused with 400."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from .replies import Refusal
from .worlds import Search

STATUSES = ("staging", "in_progress", "completed", "paused", "cancelled")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EMAIL = re.compile(r"[^@\s:/]+@[^@\s:/]+\.[^@\s:/.]+")
NAME_MAX = 255

Query = Mapping[str, list[str]]


def read_search(query: Query) -> Search:
    return Search(
        project=_one(query, "project"),
        status=_status(_one(query, "status")),
        first_ms=_bound(_one(query, "start_time"), "start_time", round_up=True),
        last_ms=_bound(_one(query, "end_time"), "end_time", round_up=False),
        limit=_number(_one(query, "limit"), "limit", minimum=1, maximum=100, default=100),
        offset=_number(_one(query, "offset"), "offset", minimum=0, maximum=10**9, default=0),
    )


def read_detailed(query: Query) -> bool:
    value = _one(query, "detailed") or "false"
    if value not in {"true", "false"}:
        raise Refusal(400, "detailed must be true or false")
    return value == "true"


def _one(query: Query, name: str) -> str | None:
    values = query.get(name, [])
    # not documented, so a test must notice a client that sends two values
    if len(values) > 1:
        raise Refusal(400, f"{name} must be given once")
    return values[0] if values else None


def _status(value: str | None) -> str | None:
    if value is not None and value not in STATUSES:
        raise Refusal(400, f"status must be one of {', '.join(STATUSES)}")
    return value


def _number(value: str | None, name: str, *, minimum: int, maximum: int, default: int) -> int:
    if value is None:
        return default
    if not re.fullmatch(r"[0-9]{1,10}", value) or not minimum <= int(value) <= maximum:
        raise Refusal(400, f"{name} must be an integer from {minimum} to {maximum}")
    return int(value)


def _bound(value: str | None, name: str, *, round_up: bool) -> int | None:
    """Whole milliseconds since 1970."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Refusal(400, f"{name} must be an ISO 8601 time") from error
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # rounded inwards, as both bounds are inclusive and batches have whole milliseconds
    micros = (zoned - EPOCH) // timedelta(microseconds=1)
    return -(-micros // 1000) if round_up else micros // 1000


def read_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "The body must be JSON") from error
    if not isinstance(value, dict):
        raise Refusal(400, "The body must be a JSON object")
    return value


def read_name(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise Refusal(400, f"{field} is required and must be text")
    if len(value) > NAME_MAX:
        raise Refusal(400, f"{field} must have at maximum {NAME_MAX} characters")
    # JSON can escape half a character, which UTF-8 cannot encode
    if any(0xD800 <= ord(character) < 0xE000 for character in value):
        raise Refusal(400, f"{field} must be valid UTF-8")
    return value


def read_callback(body: dict[str, Any]) -> str | None:
    value = body.get("callback")
    if value is None or value == "":
        return None
    if isinstance(value, str) and (is_web_address(value) or EMAIL.fullmatch(value)):
        return value
    raise Refusal(400, "callback must be a full http(s) URL or an e-mail address")


def is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    plain = not re.search(r"[\s\x00-\x1f]", value)
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def read_flag(body: dict[str, Any], field: str) -> bool:
    value = body.get(field)
    if value is not None and not isinstance(value, bool):
        raise Refusal(400, f"{field} must be true or false")
    return bool(value)


def read_map(body: dict[str, Any], field: str) -> dict[str, Any]:
    value = body.get(field)
    if value is not None and not isinstance(value, dict):
        raise Refusal(400, f"{field} must be an object")
    return value or {}


def read_priority(body: dict[str, Any]) -> int:
    value = body.get("priority")
    # not `isinstance`, as True is an int too
    if type(value) is not int or not 10 <= value <= 30:
        raise Refusal(400, "priority must be an integer from 10 to 30")
    return value
