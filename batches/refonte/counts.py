"""How many tasks of a batch are in which state, as far as the vendor tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import first_count, is_count, is_object
from .strictjson import whole_characters

_KNOWN = ("pending", "completed", "error", "canceled")
_PREFIXED = frozenset(f"tasks_{name}" for name in _KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Tasks by their state. None is unknown, which is not 0.

    other: counts this client knows no name for, under the vendor's own (`tasks_in_review`).
    """

    pending: int | None = None
    completed: int | None = None
    error: int | None = None
    canceled: int | None = None
    other: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "Counts":
        """Reads `tasks_X`, else `X`, and any other `tasks_*` that is a count."""
        known = {name: first_count(data, f"tasks_{name}", name) for name in _KNOWN}
        other = {
            whole_characters(key): value
            for key, value in data.items()
            if key.startswith("tasks_") and key not in _PREFIXED and is_count(value)
        }
        return cls(**known, other=other)

    @classmethod
    def find(cls, row: Mapping[str, Any]) -> "Counts":
        """The counts at the top level or in one nested object, whichever tells the most."""
        return max((cls.parse(level) for level in _levels(row)), key=lambda c: len(c.as_dict()))

    def as_dict(self) -> dict[str, int]:
        """What is known, readable again by `parse`."""
        known = {name: value for name in _KNOWN if (value := getattr(self, name)) is not None}
        return {**known, **self.other}

    @property
    def total(self) -> int | None:
        """The sum of what is known; None where nothing is."""
        return None if self.is_empty else sum(self.as_dict().values())

    @property
    def is_at_least(self) -> bool:
        """Whether the total may be larger, as one of the two large counts is missing."""
        return self.pending is None or self.completed is None

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


def _levels(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield row
    # metadata is the customer's own, where "completed": 5 may mean anything
    yield from (value for key, value in row.items() if key != "metadata" and is_object(value))
