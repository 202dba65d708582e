"""What is shown in place of a table without rows: the reason, and where to go from there."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.services.keys.types import KeyChoice
from batches.templatetags.times import time

Actions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyState:
    """suggestions, actions: label and address of each; the first action is the main one."""

    heading: SafeString | str
    text: str = ""
    icon: str = "inbox"
    suggestions: Actions = ()
    actions: Actions = ()


def no_key_yet(choice: KeyChoice, *, add_url: str) -> EmptyState:
    """choice: none of its keys is of the mode that the page needs."""
    first = (
        "Batches are read from Refonte with an API key. "
        "Add yours, or ask a colleague to share one for reading."
    )
    return EmptyState(
        icon="key",
        heading="You have no key for this page" if choice.keys else "No API key yet",
        text=choice.note or ("" if choice.keys else first),
        actions=(("Add a key", add_url),),
    )


def none_so_far(looked_to: datetime, *, older_url: str, cleared_url: str) -> EmptyState:
    """looked_to: the time of the last operation that was read. `older_url` continues after it."""
    return EmptyState(
        icon="search",
        heading="No operation looked at so far matches these filters",
        text=format_html("Searched back to {}.", time(looked_to)),
        actions=(("Search older", older_url), ("Clear all", cleared_url)),
    )


def no_operations(cleared_url: str) -> EmptyState:
    """cleared_url: the list without its filters, empty where it has none."""
    if cleared_url:
        return EmptyState(
            icon="filter",
            heading="Nothing matches these filters",
            actions=(("Clear all", cleared_url),),
        )
    return EmptyState(
        icon="history",
        heading="No operations yet",
        text=(
            "Each batch created, finalized or given a priority from here "
            "is listed with its outcome."
        ),
    )
