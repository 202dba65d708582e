"""Which finished batches of an account estimates use."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

One = TypeVar("One")

# So many of a project, as one of many small batches would crowd the others out; and in all.
EACH, NEWEST = 12, 120


def newest(batches: Sequence[One], project_of: Callable[[One], str]) -> list[One]:
    """batches: oldest first, as what is returned."""
    counts: Counter[str] = Counter()
    kept = []
    for one in reversed(batches):
        counts[project_of(one)] += 1
        if counts[project_of(one)] <= EACH:
            kept.append(one)
    return kept[:NEWEST][::-1]
