"""The numbers of tasks of a batch by state."""

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
    """Tasks by state. None is unknown, not 0.

    other: counts of undocumented states, under the vendor's names (`tasks_in_review`); one more
        than `OTHERS_MAX` where some were cut.
    aggregates: sums by the vendor (`tasks_total`), under its names. They contain the other counts,
        so they are part of no sum here.
    """

    pending: int | None = None
    completed: int | None = None
    error: int | None = None
    canceled: int | None = None
    other: Mapping[str, int] = field(default_factory=dict)
    aggregates: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Counts":
        """Read `tasks_X`, else `X`, and any other `tasks_*` that is a count."""
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
        """The counts of the top level or of one nested object, whichever has more."""
        return max((cls.parse(level) for level in _levels(row)), key=cls._weight)

    def as_dict(self) -> dict[str, int]:
        """The known counts, in a form that `parse` reads."""
        return {**self._summed(), **self.aggregates}

    @property
    def total(self) -> int | None:
        """The sum of the known counts; None without any."""
        return None if self.is_empty else sum(self._summed().values())

    @property
    def is_at_least(self) -> bool:
        """Whether the total may be larger."""
        # error and canceled are usually 0 where the vendor leaves them out
        return self.pending is None or self.completed is None or self.is_cut

    @property
    def shown(self) -> Mapping[str, int]:
        """At most `OTHERS_MAX` of `other`."""
        return dict(list(self.other.items())[:OTHERS_MAX])

    @property
    def is_cut(self) -> bool:
        """Whether some counts may be missing."""
        # two names that were cut may have become the same one
        return len(self.other) > OTHERS_MAX or any(name.endswith(CUT) for name in self.other)

    @property
    def settled(self) -> int:
        """Tasks in a final state."""
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
        """The number of counts, then of aggregates: these alone are less useful."""
        return len(self._summed()), len(self.aggregates)


def is_aggregate(key: str) -> bool:
    """Whether a key is a sum of other counts."""
    # by its name, never by its value: a sum may equal one of its parts
    name = key.removeprefix("tasks_").casefold()
    return name in _AGGREGATES or name.endswith(_AGGREGATE_ENDS)


def _levels(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield row
    # metadata is the customer's: "completed": 5 may mean anything there
    yield from (value for key, value in row.items() if key != "metadata" and is_object(value))
