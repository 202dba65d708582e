"""Strict JSON (RFC 8259): UTF-8, no NaN, no infinity; deep nesting is cut.

Limits on texts are in `limits`.
"""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from .errors import BadAnswer

MAX_DEPTH = 200  # of brackets: code that walks a value recurses, and Python limits that
TOO_DEEP = "… (nested too deeply to be shown)"  # replaces a deeper value


def decode(body: bytes) -> Any:
    """The value of a body. Raises BadAnswer for anything but strict JSON."""
    message = ""
    try:
        return _decode(body)
    except UnicodeDecodeError:
        message = "Refonte's answer is not UTF-8"
    except RecursionError:
        message = "Refonte's answer is nested too deeply"
    except ValueError:  # also an integer of more digits than Python parses
        message = "Refonte's answer is not JSON"
    # outside of any `except`: the context would have the body
    raise BadAnswer(message)


def _decode(body: bytes) -> Any:
    text = body.decode("utf-8-sig")
    value = _loads(text)
    # most answers have too few brackets to be deep, so they need no walk
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _cut(value, MAX_DEPTH)
    return value


def whole_characters(text: str) -> str:
    """`text` with U+FFFD for each lone surrogate, which cannot be encoded as UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _loads(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):  # 1e999
        raise ValueError(digits)
    return number


def _cut(value: Any, depth: int) -> None:
    """Rekey values deeper than `depth`."""
    # not an error: one batch with deep metadata would make the whole list unreadable
    level = [value]
    for _ in range(depth - 1):
        level = [child for node in level for _, child in _children(node)]
    for node in level:
        for key, child in list(_children(node)):
            if isinstance(child, dict | list):
                node[key] = TOO_DEEP


def _children(node: Any) -> Iterable[tuple[Any, Any]]:
    """Each with its key or index."""
    if isinstance(node, dict):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()
