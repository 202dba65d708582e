"""The one door for what an answer holds: what leaves here can be stored, cached and drawn.

Texts are cleaned of what no database takes; what is too long or too much is cut, and the place says
so by `CUT`. A name is the one text that is never changed: a cleaned or cut one would be the name of
another batch, so a name that cannot be kept is None, and its row one without a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .strictjson import whole_characters

CUT = "… (cut)"
NAME_MAX = 1_024  # characters, as many as a row holds
STATUS_MAX = 60
KEY_MAX = 100
TEXT_MAX = 10_000
OBJECT_MAX = 100_000  # of one batch: its keys, texts and figures
REPLACED = "\N{REPLACEMENT CHARACTER}"
# What a page reads of a batch is kept however much stands before it.
_STATES = ("pending", "completed", "error", "canceled")
_ALWAYS = frozenset(
    {"name", "project", "callback", "status", "created_at", "result"}
    | {*_STATES, *(f"tasks_{state}" for state in _STATES)}
)


def clean(text: str) -> str:
    """`text` with NUL and each lone surrogate become U+FFFD: PostgreSQL takes neither."""
    return whole_characters(text).replace("\0", REPLACED)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters; where it was longer, the last of them say so."""
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT


def is_whole(text: str) -> bool:
    """Whether a kept text is, as far as can be told, what the vendor sent."""
    return not text.endswith(CUT) and REPLACED not in text


def is_name(value: Any) -> bool:
    """A text that can name a batch. NUL is let through: no row holds it, but an address does."""
    return (
        isinstance(value, str) and 0 < len(value) <= NAME_MAX and whole_characters(value) == value
    )


def needs_bounds(text: str) -> bool:
    """Whether JSON `text` may hold anything to clean or cut; a quick look, as most does not."""
    if len(text) > OBJECT_MAX or "\\u0000" in text or "\\ud" in text.lower():
        return True
    return len(text) > KEY_MAX and max(map(len, text.split('"'))) > KEY_MAX


def bound(payload: Any) -> Any:
    """A payload with each of its rows in bounds, or the one object that it is."""
    if isinstance(payload, list):
        return [_row(row) for row in payload]
    if isinstance(payload, dict) and isinstance(payload.get("docs"), list):
        around = {key: value for key, value in payload.items() if key != "docs"}
        return {**_row(around), "docs": [_row(row) for row in payload["docs"]]}
    return _row(payload)


def keep_rows(payload: Any, most: int) -> Any:
    """One row more than may be read, so that a reader of the payload sees that there were more."""
    if isinstance(payload, list):
        return payload[: most + 1]
    if isinstance(payload, dict) and isinstance(payload.get("docs"), list):
        return {**payload, "docs": payload["docs"][: most + 1]}
    return payload


@dataclass(slots=True)
class _Budget:
    """What is left of `OBJECT_MAX`."""

    left: int = OBJECT_MAX


def _row(value: Any) -> Any:
    kept = _kept(value, _Budget(), 0)
    if isinstance(kept, dict) and isinstance(value.get("name"), str):
        kept["name"] = value["name"] if is_name(value["name"]) else None
    return kept


def _kept(value: Any, budget: _Budget, depth: int) -> Any:
    if isinstance(value, dict):
        return _fields(value, budget, depth)
    if isinstance(value, list):
        return _items(value, budget, depth)
    if isinstance(value, str):
        text = cut(clean(value), TEXT_MAX)
        budget.left -= len(text)
        return text
    budget.left -= 4 + (value.bit_length() // 3 if isinstance(value, int) else 16)
    return value


def _fields(value: Mapping[str, Any], budget: _Budget, depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    left_out = 0
    for key, child in value.items():
        if budget.left <= 0 and not _is_always_kept(key, child, depth):
            left_out += 1
            continue
        name = cut(clean(key), KEY_MAX)
        budget.left -= len(name)
        kept.setdefault(name, _kept(child, budget, depth + 1))
    if left_out:
        kept[CUT] = f"{left_out:,} more fields"
    return kept


def _items(value: list[Any], budget: _Budget, depth: int) -> list[Any]:
    kept: list[Any] = []
    for child in value:
        if budget.left <= 0:
            return [*kept, f"{CUT} {len(value) - len(kept):,} more"]
        kept.append(_kept(child, budget, depth + 1))
    return kept


def _is_always_kept(key: str, child: Any, depth: int) -> bool:
    """At the top, and in the one nested object that may hold the counts."""
    return depth < 2 and key in _ALWAYS and not isinstance(child, dict | list)
