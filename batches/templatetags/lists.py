"""Sentences around a list: what it stands on, and the sum of all its batches."""

from django import template

from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import Sum
from batches.services.newest import AT_ONCE
from batches.templatetags.figures import figure

register = template.Library()


@register.simple_tag
def stored_words(filters: ListFilters) -> str:
    """Of a list that Refonte does not have: where its rows and their order come from."""
    if filters.attention:
        return "What this console found. Refonte has no such list."
    return (
        "Sorted by what this console knows: all open batches, and the newest "
        f"{figure(AT_ONCE)} of all. What is not known stands last."
    )


@register.simple_tag
def sum_words(found: Sum) -> str:
    """`12,450 tasks · 8,100 done · 120 errors · 4,230 left · counts of 49 of 52 batches known`."""
    parts = [
        f"{figure(found.tasks)} task{'' if found.tasks == 1 else 's'}",
        f"{figure(found.done)} done",
        f"{figure(found.errors)} error{'' if found.errors == 1 else 's'}",
        f"{figure(found.left)} left",
    ]
    of_all = "" if found.batches is None else f" of {figure(found.batches)}"
    many = found.known if found.batches is None else found.batches
    return " · ".join(
        (*parts, f"counts of {figure(found.known)}{of_all} batch{'' if many == 1 else 'es'} known")
    )
