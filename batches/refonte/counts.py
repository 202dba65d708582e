"""How many tasks of a batch are in which state, as far as the vendor tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import first_count, is_count, is_object
from .limits import CUT, KEY_MAX, clean, cut

_KNOWN = ("pending", "completed", "error", "canceled")
_PREFIXED = frozenset(f"tasks_{name}" for name in _KNOWN)
_AGGREGATES = frozenset({"total", "count", "size"})
_AGGREGATE_ENDS = ("_total", "_count")
OTHERS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Tasks by their state. None is unknown, which is not 0.

    other: counts this client knows no name for, under the vendor's own (`tasks_in_review`); one
        more than `OTHERS_MAX` where more came, so that it stays known that they were cut.
    aggregates: what the vendor counted together itself (`tasks_total`), under its own name. Such a
        count holds tasks that the others hold too, so it is no part of any sum.
    """

    pending: int | None = None
    completed: int | None = None
    error: int | None = None
    canceled: int | None = None
    other: Mapping[str, int] = field(default_factory=dict)
    aggregates: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Counts":
        """Reads `tasks_X`, else `X`, and any other `tasks_*` that is a count."""
        known = {name: first_count(data, f"tasks_{name}", name) for name in _KNOWN}
        found = {
            cut(clean(key), KEY_MAX): value
            for key, value in data.items()
            if key.startswith("tasks_") and key not in _PREFIXED and is_count(value)
        }
        other = [(key, value) for key, value in found.items() if not is_aggregate(key)]
        sums = [(key, value) for key, value in found.items() if is_aggregate(key)]
        return cls(**known, other=dict(other[: OTHERS_MAX + 1]), aggregates=dict(sums[:OTHERS_MAX]))

    @classmethod
    def find(cls, row: Mapping[str, Any]) -> "Counts":
        """The counts at the top level or in one nested object, whichever tells the most."""
        return max((cls.parse(level) for level in _levels(row)), key=cls._weight)

    def as_dict(self) -> dict[str, int]:
        """What is known, readable again by `parse`."""
        return {**self._summed(), **self.aggregates}

    @property
    def total(self) -> int | None:
        """The sum of what is known; None where nothing is."""
        return None if self.is_empty else sum(self._summed().values())

    @property
    def is_at_least(self) -> bool:
        """Whether the total may be larger: a large count is missing, or some are cut."""
        return self.pending is None or self.completed is None or self.is_cut

    @property
    def shown(self) -> Mapping[str, int]:
        """Of `other` what a page has room for."""
        return dict(list(self.other.items())[:OTHERS_MAX])

    @property
    def is_cut(self) -> bool:
        """Whether more counts came than are kept; two names that were cut may have become one."""
        return len(self.other) > OTHERS_MAX or any(name.endswith(CUT) for name in self.other)

    @property
    def settled(self) -> int:
        """Tasks that will not change any more."""
        return (self.completed or 0) + (self.error or 0) + (self.canceled or 0)

    @property
    def is_empty(self) -> bool:
        return (
            self.pending is None
            and self.completed is None
            and self.error is None
            and self.canceled is None
            and not self.other
        )

    def _summed(self) -> dict[str, int]:
        known = {name: value for name in _KNOWN if (value := getattr(self, name)) is not None}
        return {**known, **self.other}

    def _weight(self) -> tuple[int, int]:
        """How much it tells: an aggregate alone is less than any count."""
        return len(self._summed()), len(self.aggregates)


def is_aggregate(key: str) -> bool:
    """Judged by its name, never by its value: a sum may equal one of its parts."""
    name = key.removeprefix("tasks_").casefold()
    return name in _AGGREGATES or name.endswith(_AGGREGATE_ENDS)


def _levels(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield row
    # metadata is the customer's own, where "completed": 5 may mean anything
    yield from (value for key, value in row.items() if key != "metadata" and is_object(value))
