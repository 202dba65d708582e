"""What an operation on a note changed. Reads nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

FIELDS = ("due_at", "owner", "text")


def changes_of(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, and the values before and after, of each field that was changed.

    parameters: of the operation. Values are texts, empty where nothing is set; `due_at` is an ISO
    time.
    """
    before = parameters.get("before", {})
    for name in FIELDS:
        was, now = before.get(name, ""), parameters.get(name, "")
        if was != now:
            yield name, was, now


def sets_due_date(parameters: Mapping[str, Any]) -> bool:
    """Whether the due date is among what was changed."""
    return any(name == "due_at" for name, _, _ in changes_of(parameters))
