"""A list over a saved view. What its address has comes first, then the view, then everything.

The address has the slug of the view and what differs from it. A value that is empty there is one
that the view has and the list has not. Days are one filter: the address has all of them, or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from batches.forms.batches import check_text
from batches.forms.filters import DAYS, FilterForm, to_pairs
from batches.models import SavedView
from batches.services.batches.filters import ListFilters
from batches.services.people.preferences import PAGE_SIZE

Pairs = tuple[tuple[str, str], ...]
# What a view holds besides days: neither the key nor the page.
HELD = ("project", "status", "attention", "q", "sort", "columns", "density", "limit")
LABELS = {
    "attention": "reason",
    "sort": "order",
    "columns": "column",
    "limit": "page size",
    "q": "search",
    "tz": "time zone",
    "start_time": "day",
    "end_time": "day",
    "created": "days",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What a stored view has. ignored: what no longer exists, each with the name of its filter."""

    pairs: Pairs
    ignored: Pairs = ()


def to_query(filters: ListFilters) -> str:
    """The filters of a list as a view stores them."""
    return urlencode(_held(filters))


def _held(filters: ListFilters) -> dict[str, str]:
    return to_pairs(filters.first_page(), key="")


# the polls of an open page, and all who share a view, have the same query
@lru_cache(maxsize=256)
def read_kept(query: str, *, zone: ZoneInfo) -> Kept:
    """The pairs of a stored view that are still valid."""
    data = QueryDict(query, mutable=True)
    form = FilterForm(data, zone=zone)
    wrong = {name for name in data if name in form.errors or name not in (*HELD, *DAYS)}
    if wrong & {*DAYS}:
        wrong |= {*DAYS} & {*data}  # half of them would list something else than was meant
    ignored = [(LABELS.get(name, name), str(data[name])) for name in data if name in wrong]
    ignored += [(LABELS["columns"], name) for name in form.unknown_columns]
    for name in wrong:
        del data[name]
    rest = FilterForm(data, zone=zone)
    assert rest.is_valid(), rest.errors  # noqa: S101 - each of its values was valid  # nosec B101
    return Kept(tuple(_held(rest.filters).items()), tuple(ignored))


def merge(kept: Pairs, given: QueryDict) -> QueryDict:
    """The whole query of a list: of the view what the address does not have."""
    has_days = not given.keys().isdisjoint(DAYS[:3])
    data = QueryDict(mutable=True)
    for name, value in kept:
        if name not in given and not (has_days and name in DAYS):
            data[name] = value
    for name, values in given.lists():
        data.setlist(name, values)
    return data


def over(kept: Pairs | None, pairs: Mapping[str, str]) -> dict[str, str]:
    """Of the pairs of a list those that differ from its view; all of them where kept is None.

    The way back of `merge`. The position of the page stays as it is.
    """
    of_view = None if kept is None else dict(kept)
    given = {
        name: pairs.get(name, _nothing(name))
        for name in HELD
        if of_view is None or pairs.get(name) != of_view.get(name)
    }
    days = {name: pairs[name] for name in DAYS if name in pairs}
    if of_view is None or days != {name: of_view[name] for name in DAYS if name in of_view}:
        given |= days or {"created": ""}
    place = {name: value for name, value in pairs.items() if name not in (*HELD, *DAYS)}
    return given | place


def as_given(pairs: Mapping[str, str], given: QueryDict) -> dict[str, str]:
    """Of the pairs of a list those that an address over a view has, which is not read."""
    whole = over(None, pairs)
    return {name: value for name, value in whole.items() if name in given}


def _nothing(name: str) -> str:
    """The value of a filter that the view has and the list has not."""
    return str(PAGE_SIZE) if name == "limit" else ""


class ViewForm(forms.Form):
    """The name of a view, and whether others see it."""

    name = forms.CharField(
        label="Name",
        # measured after composing (NFC), which makes a name shorter
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give the view a name."},
    )
    is_shared = forms.BooleanField(
        required=False,
        label="Shared",
        help_text="Everybody who may sign in finds it in their menu of views. Nobody else changes "
        "it.",
    )

    def clean_name(self) -> str:
        name = check_text(self.cleaned_data["name"].strip())
        longest = SavedView._meta.get_field("name").max_length or 0
        if len(name) > longest:
            raise ValidationError(f"At most {longest} characters; this has {len(name)}.")
        return name

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "is_shared")}
