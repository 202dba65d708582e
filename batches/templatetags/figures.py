"""Numbers as people read them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import template

from batches.services.batches.progress import Progress

register = template.Library()


@register.filter
def figure(count: int | None) -> str:
    """A count with thousands apart, or the word for not knowing it."""
    return "unknown" if count is None else f"{count:,}"


@register.simple_tag
def newer_text(new: int, limit: int) -> str:
    """How many batches came since."""
    # a poll reads one page of them: where that is full there may be more
    more = " or more" if new >= limit else ""
    return f"{new}{more} newer batch{'' if new == 1 else 'es'}"


@dataclass(frozen=True, slots=True)
class CountLine:
    """One count of a batch. count: None where Refonte did not report it, which is not 0."""

    name: str
    count: int | None
    tone: str
    note: str = ""


@register.filter
def count_lines(progress: Progress) -> Iterator[CountLine]:
    """Every count that Refonte sent: its four documented ones, then others by Refonte's names."""
    counts = progress.counts
    yield CountLine("Completed", counts.completed, "completed")
    yield CountLine("Error", counts.error, "bad")
    yield CountLine("Cancelled", counts.canceled, "cancelled")
    yield CountLine("Pending", counts.pending, "pending")
    for name, count in counts.shown.items():
        yield CountLine(name, count, "none")
    for name, count in counts.aggregates.items():
        yield CountLine(name, count, "none", "Refonte’s own sum, not added")
