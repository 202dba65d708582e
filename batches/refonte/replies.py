"""Turns a reply into a payload or an error."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from batches.callback_tokens import hide_tokens

from .error_text import find_message, has_reason, one_line
from .errors import BadAnswer, Denied, RefonteError, TooLarge, error_for_status
from .fields import is_plausible
from .limits import exceeds_limits, limit_payload
from .messages import Reply, Request
from .secret import Secret
from .strictjson import decode
from .vendor_clock import http_date

logger = logging.getLogger("batches.refonte")
# The path of an address with a token; JSON may write any of its letters as a number.
_MAY_HAVE_TOKEN = re.compile(r"callbacks|\\u00[2-7]", re.IGNORECASE)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,80}")


def read_payload(reply: Reply, key: Secret, *, may_be_bare: bool) -> Any:
    """The JSON of a 2xx within the limits, without key and tokens of callbacks. Raises BadAnswer.

    may_be_bare: an empty body is valid and gives None.
    """
    if reply.fault is not None:
        raise BadAnswer(reply.fault)
    # an empty body with a Content-Encoding was cut: every encoder writes at least a header
    if may_be_bare and not reply.body.strip() and not _is_encoded(reply):
        return None
    payload = decode(reply.body)
    if payload is None:  # "null" is not documented, and not the same as an empty body
        raise BadAnswer("Refonte's answer is null")
    text = reply.body.decode()
    # searching the text is fast; only where a secret may occur must every value be searched
    if key.hide_in(text) != text or _MAY_HAVE_TOKEN.search(text):
        payload = _without_secrets(payload, lambda one: hide_tokens(key.hide_in(one)))
    return limit_payload(payload) if exceeds_limits(text) else payload


def _is_encoded(reply: Reply) -> bool:
    return reply.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


def _without_secrets(value: Any, hide: Callable[[str], str]) -> Any:
    """`value` with every text as `hide` leaves it."""
    # not in the JSON text, which has several ways to write one character
    if isinstance(value, dict):
        kept = {hide(name): _without_secrets(child, hide) for name, child in value.items()}
        # a name with a hidden part would be the name of another batch
        return kept | ({"name": None} if kept.get("name") != value.get("name") else {})
    if isinstance(value, list):
        return [_without_secrets(child, hide) for child in value]
    hidden = hide(str(value))  # a number too: a key may be all digits
    return value if hidden == str(value) else hidden


def error_of(reply: Reply, key: Secret) -> RefonteError:
    """The error of a reply other than 2xx, with the vendor's message."""
    message, about = find_message(reply.body, key)
    is_vendors = reply.status not in (401, 403) or has_reason(reply.body)
    meaning = error_for_status(reply.status, has_reason=is_vendors)
    if meaning is Denied:
        message = _denied_message(reply.status, message)
    return meaning(
        message or f"Refonte answered {reply.status} without a reason",
        http_status=reply.status,
        retry_after=_retry_after(reply),
        vendor_date=vendor_date(reply),
        field=about,
        request_id=request_id(reply, key),
    )


def _denied_message(status: int, message: str) -> str:
    excerpt = f": {message[:200]}" if message else ""
    return f"{status} without a reason from Refonte, perhaps from a proxy in between{excerpt}"


def bad_answer(reply: Reply, key: Secret, message: str) -> BadAnswer:
    """The error of a 2xx that cannot be used."""
    kind = TooLarge if reply.is_too_large else BadAnswer
    return kind(
        message,
        http_status=reply.status,
        vendor_date=vendor_date(reply),
        request_id=request_id(reply, key),
    )


def log_excerpt(request: Request, reply: Reply) -> None:
    """Log the beginning of an answer that could not be parsed, without the key."""
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
    """The `Date` header, in UTC; None where there is none or it is not a plausible time."""
    moment = http_date(reply.headers.get("date", ""))
    return moment if moment and is_plausible(moment) else None


def request_id(reply: Reply, key: Secret) -> str:
    """What the vendor calls this request, where it says so. Empty for what may be a secret."""
    sent = (reply.headers.get(name, "").strip() for name in ("x-request-id", "request-id"))
    found = next(filter(None, sent), "")
    is_plain = _REQUEST_ID.fullmatch(found) is not None
    return found if is_plain and hide_tokens(key.hide_in(found)) == found else ""


def _retry_after(reply: Reply) -> int | None:
    """Seconds, also where the header is a date. `RefonteError` limits them."""
    value = reply.headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]+", value):
        digits = value.lstrip("0") or "0"
        return int(digits) if len(digits) < 9 else 10**9
    if (moment := http_date(value)) is None:
        return None
    wait = moment - (vendor_date(reply) or datetime.now(UTC))
    return round(wait.total_seconds())
