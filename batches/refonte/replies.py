"""What a reply means: a payload, or one of the errors."""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from .error_text import find_words, has_reason, one_line
from .errors import BadAnswer, Denied, RefonteError, TooLarge, error_for_status
from .fields import is_possible
from .limits import bound, needs_bounds
from .messages import Reply, Request
from .secret import Secret
from .strictjson import decode
from .vendor_clock import http_date

logger = logging.getLogger("batches.refonte")


def read_payload(reply: Reply, key: Secret, *, may_be_bare: bool) -> Any:
    """The JSON of a 2xx, to be kept and shown: in bounds, and without the key where it is echoed.

    may_be_bare: an empty body will do, and is None. One that came encoded was not sent empty: an
        encoder writes at least a header, so the rest was lost on the way.
    """
    if reply.fault is not None:
        raise BadAnswer(reply.fault)
    if may_be_bare and not reply.body.strip() and not _is_encoded(reply):
        return None
    payload = decode(reply.body)
    if payload is None:  # "null" is no documented answer, and not the same as an empty one
        raise BadAnswer("Refonte's answer is null")
    text = reply.body.decode()
    # the text as it came is looked through in one go; hardly ever need its values be walked
    payload = payload if key.hide_in(text) == text else _without_key(payload, key)
    return bound(payload) if needs_bounds(text) else payload


def _is_encoded(reply: Reply) -> bool:
    return reply.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


def _without_key(value: Any, key: Secret) -> Any:
    """Hidden in the values, not in the text: JSON has many ways to write one character."""
    if isinstance(value, dict):
        kept = {key.hide_in(name): _without_key(held, key) for name, held in value.items()}
        # a name with a part hidden would be that of another batch
        return kept | ({"name": None} if kept.get("name") != value.get("name") else {})
    if isinstance(value, list):
        return [_without_key(held, key) for held in value]
    hidden = key.hide_in(str(value))  # a number too: a key may be all digits
    return value if hidden == str(value) else hidden


def error_of(reply: Reply, key: Secret) -> RefonteError:
    """The error that a reply other than 2xx means, with the vendor's words."""
    words, about = find_words(reply.body, key)
    is_told = reply.status not in (401, 403) or has_reason(reply.body)
    meaning = error_for_status(reply.status, has_reason=is_told)
    if meaning is Denied:
        words = _denied_words(reply.status, words)
    return meaning(
        words or f"Refonte answered {reply.status} without a reason",
        http_status=reply.status,
        retry_after=_retry_after(reply),
        vendor_date=vendor_date(reply),
        field=about,
    )


def _denied_words(status: int, words: str) -> str:
    said = f": {words[:200]}" if words else ""
    return f"{status} without a reason from Refonte, perhaps from a proxy in between{said}"


def bad_answer(reply: Reply, words: str) -> BadAnswer:
    """A 2xx that is of no use, since …"""
    kind = TooLarge if reply.is_too_large else BadAnswer
    return kind(words, http_status=reply.status, vendor_date=vendor_date(reply))


def log_excerpt(request: Request, reply: Reply) -> None:
    """Keep the beginning of an answer that was not understood, without the key."""
    logger.warning(
        "Refonte's answer is of an unknown form",
        extra={
            "vendor_method": request.method,
            "vendor_status": reply.status,
            "vendor_type": one_line(reply.headers.get("content-type", ""), request.key),
            "vendor_excerpt": one_line(reply.body.decode("utf-8", "replace"), request.key),
        },
    )


def vendor_date(reply: Reply) -> datetime | None:
    """The `Date` header, in UTC; None for one that no clock shows: writes are judged by it."""
    moment = http_date(reply.headers.get("date", ""))
    return moment if moment and is_possible(moment) else None


def _retry_after(reply: Reply) -> int | None:
    """Seconds, whether the header tells them or a date; the error keeps them in bounds."""
    told = reply.headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]+", told):
        digits = told.lstrip("0") or "0"
        return int(digits) if len(digits) < 9 else 10**9
    if (moment := http_date(told)) is None:
        return None
    wait = moment - (vendor_date(reply) or datetime.now(UTC))
    return round(wait.total_seconds())
