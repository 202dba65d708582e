"""JSON as the standard has it: UTF-8, no NaN, no infinity, no depth that hurts later.

Python's own reader gives up on what is nested some thousand levels deep; what it reads is kept, and
cut where drawing would. What its texts hold, and how much there is of it, is `bounds.py`.
"""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from .errors import BadAnswer

MAX_DEPTH = 200  # of brackets: metadata may hold anything, but Python nests its calls with it
TOO_DEEP = "… (nested too deeply to be shown)"  # stands for what is deeper


def decode(body: bytes) -> Any:
    """The value that `body` holds. Raises BadAnswer for anything but strict JSON."""
    words = ""
    try:
        return _decode(body)
    except UnicodeDecodeError:
        words = "Refonte's answer is not UTF-8"
    except RecursionError:
        words = "Refonte's answer is nested too deeply"
    except ValueError:  # also an integer of more digits than Python will read
        words = "Refonte's answer is not JSON"
    raise BadAnswer(words)


def _decode(body: bytes) -> Any:
    text = body.decode("utf-8-sig")
    value = _loads(text)
    # most answers are too short to be deep, and are not walked
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _cut(value, MAX_DEPTH)
    return value


def whole_characters(text: str) -> str:
    """`text` with each lone surrogate, which no file or database takes, become U+FFFD."""
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
    """One batch with deep metadata must not take the list that it stands in away."""
    level = [value]
    for _ in range(depth - 1):
        level = [child for node in level for _, child in _children(node)]
    for node in level:
        for place, child in list(_children(node)):
            if isinstance(child, dict | list):
                node[place] = TOO_DEEP


def _children(node: Any) -> Iterable[tuple[Any, Any]]:
    """Each with its place: a name, or a number."""
    if isinstance(node, dict):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()
