"""Limits on the content of an answer, so that it can be stored, cached and displayed.

Characters that databases reject are replaced; what is too long is cut and ends in `CUT`. A name is
never changed, as the result could be the name of another batch: an invalid name becomes None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .strictjson import whole_characters

CUT = "… (cut)"
NAME_MAX = 1_024  # characters; the length of the database column
STATUS_MAX = 60
KEY_MAX = 100
TEXT_MAX = 10_000
OBJECT_MAX = 100_000  # characters of one batch: its keys, texts and numbers
REPLACED = "\N{REPLACEMENT CHARACTER}"
# Fields that pages show are kept, even after more than OBJECT_MAX of others.
_STATES = ("pending", "completed", "error", "canceled")
_ALWAYS = frozenset(
    {"name", "project", "callback", "status", "created_at", "result"}
    | {*_STATES, *(f"tasks_{state}" for state in _STATES)}
)


def clean(text: str) -> str:
    """`text` with U+FFFD for NUL and lone surrogates, which PostgreSQL rejects."""
    return whole_characters(text).replace("\0", REPLACED)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters; a longer text ends in `CUT`."""
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT


def is_whole(text: str) -> bool:
    """Whether a text is unchanged, that is neither cut nor cleaned."""
    return not text.endswith(CUT) and REPLACED not in text


def is_name(value: Any) -> bool:
    """Whether a value can be the name of a batch."""
    # NUL is allowed: no database stores it, but a URL can carry it
    return (
        isinstance(value, str) and 0 < len(value) <= NAME_MAX and whole_characters(value) == value
    )


def exceeds_limits(text: str) -> bool:
    """Whether JSON `text` may contain anything to clean or cut."""
    # a fast search of the text, as most answers need no change
    if len(text) > OBJECT_MAX or "\\u0000" in text or "\\ud" in text.lower():
        return True
    return len(text) > KEY_MAX and max(map(len, text.split('"'))) > KEY_MAX


def limit_payload(payload: Any) -> Any:
    """A payload with each of its rows, or its one object, within the limits."""
    if isinstance(payload, list):
        return [_limit_row(row) for row in payload]
    if isinstance(payload, dict) and isinstance(payload.get("docs"), list):
        envelope = {key: value for key, value in payload.items() if key != "docs"}
        return {**_limit_row(envelope), "docs": [_limit_row(row) for row in payload["docs"]]}
    return _limit_row(payload)


def keep_rows(payload: Any, most: int) -> Any:
    """The payload with `most` rows and one more."""
    # the extra row shows a later reader that there were more
    if isinstance(payload, list):
        return payload[: most + 1]
    if isinstance(payload, dict) and isinstance(payload.get("docs"), list):
        return {**payload, "docs": payload["docs"][: most + 1]}
    return payload


@dataclass(slots=True)
class _Budget:
    """The rest of `OBJECT_MAX`, shared by all levels of one object."""

    left: int = OBJECT_MAX


def _limit_row(value: Any) -> Any:
    kept = _limit(value, _Budget(), 0)
    if isinstance(kept, dict) and isinstance(value.get("name"), str):
        kept["name"] = value["name"] if is_name(value["name"]) else None
    return kept


def _limit(value: Any, budget: _Budget, depth: int) -> Any:
    if isinstance(value, dict):
        return _limit_object(value, budget, depth)
    if isinstance(value, list):
        return _limit_array(value, budget, depth)
    if isinstance(value, str):
        text = cut(clean(value), TEXT_MAX)
        budget.left -= len(text)
        return text
    # about the digits of a number
    budget.left -= 4 + (value.bit_length() // 3 if isinstance(value, int) else 16)
    return value


def _limit_object(value: Mapping[str, Any], budget: _Budget, depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    left_out = 0
    for key, child in value.items():
        if budget.left <= 0 and not _is_always_kept(key, child, depth):
            left_out += 1
            continue
        name = cut(clean(key), KEY_MAX)
        budget.left -= len(name)
        kept.setdefault(name, _limit(child, budget, depth + 1))
    if left_out:
        kept[CUT] = f"{left_out:,} more fields"
    return kept


def _limit_array(value: list[Any], budget: _Budget, depth: int) -> list[Any]:
    kept: list[Any] = []
    for child in value:
        if budget.left <= 0:
            return [*kept, f"{CUT} {len(value) - len(kept):,} more"]
        kept.append(_limit(child, budget, depth + 1))
    return kept


def _is_always_kept(key: str, child: Any, depth: int) -> bool:
    """Of the top level, and of the nested object that may have the counts."""
    return depth < 2 and key in _ALWAYS and not isinstance(child, dict | list)
