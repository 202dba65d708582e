"""How much memory a cached value takes, and how much the cache may take in all."""

import sys
from typing import Any

MEGABYTE = 1_000_000
# By the estimate below, so that the process grows by less than 100 MB for all that was ever read.
MEMORY_BYTES = 64 * MEGABYTE
# One value: a page of 100 rows with 20 KB of metadata each takes 4 MB. What is larger is not kept.
VALUE_BYTES = 16 * MEGABYTE
TOO_LARGE = MEMORY_BYTES + 1
ENTRY_BYTES = 2_000  # of an entry beside its payload


def bytes_of(value: Any) -> int:
    """An estimate for an entry or a time; `TOO_LARGE` where it takes more than one value may."""
    payload = getattr(value, "payload", None)
    # twice the payload: what is derived from it, typed data and rows, lies beside it
    size = ENTRY_BYTES + 2 * bytes_of_json(payload, at_most=VALUE_BYTES)
    return size if size <= VALUE_BYTES else TOO_LARGE


def bytes_of_json(payload: Any, *, at_most: int) -> int:
    """Of decoded JSON. Stops counting a little above `at_most`."""
    # an answer may consist of a million empty lists, which take 20 times their text
    size, left = 0, [payload]
    while left and size <= at_most:
        node = left.pop()
        size += sys.getsizeof(node)
        if isinstance(node, dict):
            left.extend(node)
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)
    return size
