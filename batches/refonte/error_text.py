"""The message of an error, from whatever was sent: JSON, text or a proxy's HTML page.

It is not trusted: the result is one short plain line without the key, which must still be escaped.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from html import unescape
from typing import Any

from batches.callback_tokens import hide_tokens

from .errors import RefonteError
from .fields import is_object
from .secret import Secret
from .strictjson import decode, whole_characters

MESSAGE_MAX = 300
_READ_MAX = 20_000  # characters: a message stands at the beginning
_MESSAGE_KEYS = (
    "error",
    "message",
    "detail",
    "details",
    "description",
    "error_description",
    "reason",
)
_REASON_KEYS = ("error", "status_code")
_FIELD_KEYS = ("field", "param", "parameter")
# Not html.parser: it fails on `<![foo[`, and takes quadratic time on unclosed tags. This expression
# reads each character once, as an unclosed element ends with the page.
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1[^<>]*>|\Z)|<[a-z/!?][^<>]*>",
    re.IGNORECASE | re.DOTALL,
)


def has_reason(body: bytes) -> bool:
    """Whether the body of an error has the documented form; the page of a proxy has not."""
    payload = _json_or_none(body)
    return is_object(payload) and not payload.keys().isdisjoint(_REASON_KEYS)


def find_message(body: bytes, key: Secret) -> tuple[str, str | None]:
    """The message, empty where there is none, and the field that it names, or None."""
    payload = _json_or_none(body)
    if is_object(payload):
        return one_line(_message(payload), key), _field(payload, key)
    text = payload if isinstance(payload, str) else body.decode("utf-8", "replace")
    return one_line(_without_markup(key.hide_in(text)), key), None


def one_line(text: str, key: Secret) -> str:
    """`text` without line breaks and invisible characters, cut at 300.

    Without the key, and without tokens of callbacks.
    """
    line = " ".join(whole_characters(key.hide_in(text)[:_READ_MAX]).split())
    visible = "".join(char for char in line if unicodedata.category(char)[0] != "C")
    line = hide_tokens(key.hide_in(visible))  # again: invisible characters may have split it
    return line if len(line) <= MESSAGE_MAX else line[: MESSAGE_MAX - 1] + "…"


def _json_or_none(body: bytes) -> Any:
    try:
        return decode(body)
    except RefonteError:
        return None


def _message(payload: Mapping[str, Any]) -> str:
    """The message at most three objects deep, as in `{"error": {"message": "…"}}`."""
    found: Any = {key: value for key, value in payload.items() if key != "status_code"}
    for _ in range(3):
        if is_object(found):
            found = next((found[key] for key in _MESSAGE_KEYS if found.get(key)), found)
    if isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False) if found else ""


def _field(payload: Mapping[str, Any], key: Secret) -> str | None:
    levels = [level for level in (payload.get("error"), payload) if is_object(level)]
    named = (level[name] for level in levels for name in _FIELD_KEYS if name in level)
    return next((one_line(name, key) for name in named if isinstance(name, str)), None)


def _without_markup(text: str) -> str:
    """The text of an HTML page."""
    if "<" not in text:
        return text
    return unescape(_MARKUP.sub(" ", text[:_READ_MAX]))
