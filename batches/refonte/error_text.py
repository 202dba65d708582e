"""The vendor's words about an error, from whatever it sent: JSON, text or a proxy's HTML page.

They are hostile text: what leaves here is one short plain line without the key, to be escaped all
the same.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from html import unescape
from typing import Any

from .errors import RefonteError
from .fields import is_object
from .secret import Secret
from .strictjson import decode, whole_characters

MAX_WORDS = 300
_READ_AT_MOST = 20_000  # characters: the words come early or never
_TOLD_IN = ("error", "message", "detail", "details", "description", "error_description", "reason")
_REASON_IN = ("error", "status_code")
_NAMED_IN = ("field", "param", "parameter")
# Not html.parser: it gives up on `<![foo[`, and what is never closed costs it the square of its
# length. Here each piece is looked at once, as what is never closed ends with the page.
_UNREAD = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1[^<>]*>|\Z)|<[a-z/!?][^<>]*>",
    re.IGNORECASE | re.DOTALL,
)


def has_reason(body: bytes) -> bool:
    """Whether an error's body is in the form that the vendor documents; a proxy's page is not."""
    payload = _json_or_none(body)
    return is_object(payload) and not payload.keys().isdisjoint(_REASON_IN)


def find_words(body: bytes, key: Secret) -> tuple[str, str | None]:
    """The words (empty where there are none) and the field they are about (or None)."""
    payload = _json_or_none(body)
    if is_object(payload):
        return one_line(_told(payload), key), _named(payload, key)
    text = payload if isinstance(payload, str) else body.decode("utf-8", "replace")
    return one_line(_without_markup(key.hide_in(text)), key), None


def one_line(text: str, key: Secret) -> str:
    """Blanks collapsed; control, format and unpaired characters and the key gone; cut at 300."""
    line = " ".join(whole_characters(key.hide_in(text)[:_READ_AT_MOST]).split())
    seen = "".join(char for char in line if unicodedata.category(char)[0] != "C")
    kept = key.hide_in(seen)  # again, as it may have been spelled with invisible characters
    return kept if len(kept) <= MAX_WORDS else kept[: MAX_WORDS - 1] + "…"


def _json_or_none(body: bytes) -> Any:
    try:
        return decode(body)
    except RefonteError:
        return None


def _told(payload: Mapping[str, Any]) -> str:
    """What the payload tells, at most three objects deep: `{"error": {"message": "…"}}`."""
    told: Any = {key: value for key, value in payload.items() if key != "status_code"}
    for _ in range(3):
        if is_object(told):
            told = next((told[key] for key in _TOLD_IN if told.get(key)), told)
    if isinstance(told, str):
        return told
    return json.dumps(told, ensure_ascii=False) if told else ""


def _named(payload: Mapping[str, Any], key: Secret) -> str | None:
    levels = [level for level in (payload.get("error"), payload) if is_object(level)]
    named = (level[place] for level in levels for place in _NAMED_IN if place in level)
    return next((one_line(name, key) for name in named if isinstance(name, str)), None)


def _without_markup(text: str) -> str:
    """What a person would read of a page."""
    if "<" not in text:
        return text
    return unescape(_UNREAD.sub(" ", text[:_READ_AT_MOST]))
