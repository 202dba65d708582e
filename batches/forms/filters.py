"""The filters of the list of batches, from its address. A wrong value is an error."""

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from batches.forms.days import DaysForm
from batches.refonte import LIMIT_MAX, format_time
from batches.services.batches.filters import (
    ATTENTION,
    COLUMNS,
    COMPACT,
    SORTS,
    USUAL_COLUMNS,
    WALL,
    ListFilters,
)
from batches.services.batches.paging import DIGEST_LENGTH
from batches.services.people.preferences import PAGE_SIZE

DIGITS = re.compile(r"[0-9]{1,9}")
# A moment, and how many of its rows are on pages before. Addresses of an earlier version count all
# of them here; now `shown` lists most.
BEFORE = re.compile(r"^([0-9T:.-]{23}Z)(?:,([0-9]{1,4}))?\Z")
SHOWN = re.compile(rf"^(?:[A-Za-z0-9_-]{{{DIGEST_LENGTH}}}){{0,{LIMIT_MAX - 1}}}\Z")
# `\Z`, as `$` also matches before a line break at the end.
STATUS = re.compile(r"^[A-Za-z_-]{1,60}\Z")
DAYS = ("start_time", "end_time", "created", "tz")  # one filter, in one popover
ORDERS = (*SORTS, *(f"-{name}" for name in SORTS))
IGNORED = frozenset({"key", "csrfmiddlewaretoken"})


class WholeField(forms.CharField):
    """A whole number in ASCII digits."""

    def __init__(self, *, lowest: int, highest: int) -> None:
        super().__init__(required=False)
        self.lowest, self.highest = lowest, highest

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        # `int` also takes `1_000` and the digits of other scripts
        if not DIGITS.fullmatch(text) or not self.lowest <= int(text) <= self.highest:
            raise ValidationError(f"A whole number from {self.lowest} to {self.highest:,}.")
        return int(text)


def _choice(what: str, names: Collection[str]) -> forms.ChoiceField:
    """A field of an address, without an entry of its own in any form."""
    known = [("", ""), *((name, name) for name in names)]
    wrong = f"{what} is one of {', '.join(names)}."
    return forms.ChoiceField(
        required=False,
        choices=known,
        widget=forms.TextInput,  # keeps what was typed
        error_messages={"invalid_choice": wrong},
    )


class FilterForm(DaysForm):
    """The parameters of the address, by the names that the vendor's API gives them."""

    field_order = ("project", "status")  # so that the first error is that of the first field

    # not stripped: names may begin or end with a blank, and the vendor compares them exactly
    project = forms.CharField(required=False, max_length=1024, strip=False)
    status = forms.RegexField(
        STATUS, required=False, error_messages={"invalid": "Not a status a batch can have."}
    )
    q = forms.CharField(required=False, max_length=1024, strip=False, label="Search by name")
    limit = WholeField(lowest=1, highest=LIMIT_MAX)
    before = forms.RegexField(
        BEFORE, required=False, error_messages={"invalid": "Not a page of this list."}
    )
    shown = forms.RegexField(
        SHOWN, required=False, error_messages={"invalid": "Not a page of this list."}
    )
    after = WholeField(lowest=1, highest=999_999_999)
    seen = WholeField(lowest=0, highest=10_000_000)
    attention = _choice("A reason", ATTENTION)
    sort = _choice("An order", ORDERS)
    columns = forms.CharField(required=False, max_length=300)
    density = _choice("A density", (COMPACT, WALL))
    # the slug of a saved view: what is in it was put among these data before (`saved_views.merge`)
    view = forms.CharField(required=False, label="View")

    def clean_before(self) -> tuple[datetime, int] | None:
        match = BEFORE.fullmatch(self.cleaned_data["before"] or "")
        if match is None:
            return None
        try:
            at = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            raise ValidationError("Not a page of this list.") from None
        return at, int(match[2] or 0)

    def clean_shown(self) -> tuple[str, ...]:
        text = self.cleaned_data["shown"]
        return tuple(text[at : at + DIGEST_LENGTH] for at in range(0, len(text), DIGEST_LENGTH))

    def clean_columns(self) -> tuple[str, ...]:
        """The known ones, each once, in their order; empty where these are the usual ones."""
        wanted = dict.fromkeys(name for name in self._columns if name in COLUMNS)
        return () if tuple(wanted) == USUAL_COLUMNS else tuple(wanted)

    @property
    def _columns(self) -> list[str]:
        """As in the address: one text, or from the form of columns one for each."""
        return [name for text in self._given("columns") for name in text.split(",") if name]

    def _given(self, name: str) -> list[str]:
        return self.data.getlist(name) if isinstance(self.data, QueryDict) else []

    @property
    def unknown_columns(self) -> list[str]:
        """Ignored, with a note."""
        return sorted({name for name in self._columns if name not in COLUMNS})

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        for name in set(self.data) & set(self.fields) - {"columns"}:
            if len(self._given(name)) > 1:
                self.add_error(name, f"{name} is given twice.")
        super().clean()
        if cleaned.get("created") and (cleaned.get("start_time") or cleaned.get("end_time")):
            self.add_error("created", "Either a preset or days, not both.")
        if self.has_wrong_days:
            # half of them would list something else than was meant
            cleaned.update(dict.fromkeys(DAYS[:3]), tz=self.zone)
        return cleaned

    @property
    def has_wrong_days(self) -> bool:
        """Whether days are wrong: the list is shown without them, their popover with the errors."""
        return not self.errors.keys().isdisjoint(DAYS)

    @property
    def wrong_presets(self) -> list[forms.BoundField]:
        """Fields that the popover does not show, but whose errors it does."""
        return [self[name] for name in ("created", "tz") if self[name].errors]

    @property
    def is_refused(self) -> bool:
        """Whether another field is wrong. The list cannot show its error."""
        return not self.errors.keys() <= set(DAYS)

    @property
    def filters(self) -> ListFilters:
        cleaned = self.cleaned_data
        before, passed = cleaned["before"] or (None, 0)
        filters = ListFilters(
            project=cleaned["project"],
            status=cleaned["status"],
            start=cleaned["start_time"],
            end=cleaned["end_time"],
            created=cleaned["created"] or "",
            zone=cleaned["tz"],
            limit=cleaned["limit"] or PAGE_SIZE,
            before=before,
            passed=passed,
            # before the first page nothing was shown that could be left out
            shown=cleaned["shown"] if before or cleaned["seen"] else (),
            seen=cleaned["seen"] or 0,
            attention=cleaned["attention"],
            # newest first is the order in which Refonte itself lists
            sort="" if cleaned["sort"] == "age" and not cleaned["attention"] else cleaned["sort"],
            columns=cleaned["columns"],
            density=cleaned["density"],
        )
        if filters.is_stored:
            return self._counted(filters)
        return self._searched(filters) if cleaned["q"].strip() else filters

    def _counted(self, filters: ListFilters) -> ListFilters:
        """A list of recorded batches has pages that are counted in rows."""
        first = replace(filters.first_page(), q=self.cleaned_data["q"])
        return replace(first, seen=filters.seen)

    def _searched(self, filters: ListFilters) -> ListFilters:
        """A search has pages of its own: each begins behind a row."""
        after, seen = self.cleaned_data["after"], filters.seen
        first = replace(filters.first_page(), q=self.cleaned_data["q"])
        return replace(first, after=after, seen=seen) if after else first

    @property
    def unknown(self) -> list[str]:
        """Unknown parameters of the address: ignored, with a note."""
        return sorted(set(self.data) - set(self.fields) - IGNORED)

    @property
    def is_long(self) -> bool:
        """Whether the form of a browser sent it: the page is redirected to the short address."""
        # a form sends its empty fields too, and a column for each tick
        has_empties = any(value == "" for value in self.data.values())
        return has_empties or len(self._given("columns")) > 1


# the polls of an open page all have the same query
@lru_cache(maxsize=256)
def read_filters(query: str, *, zone: ZoneInfo) -> ListFilters | None:
    """None where the address is refused."""
    form = FilterForm(QueryDict(query), zone=zone)
    return form.filters if form.is_valid() else None


def to_pairs(filters: ListFilters, *, key: str) -> dict[str, str]:
    """The shortest query for these filters. It has a zone only where it has days."""
    has_days = filters.start or filters.end or filters.created
    pairs = {
        "project": filters.project,
        "status": filters.status,
        "start_time": filters.start and filters.start.isoformat(),
        "end_time": filters.end and filters.end.isoformat(),
        "created": filters.created,
        "tz": filters.zone.key if has_days else "",
        "q": filters.q,
        "limit": filters.limit if filters.limit != PAGE_SIZE else "",
        "before": _before(filters),
        "shown": "".join(filters.shown),
        "after": filters.after or "",
        "seen": filters.seen or "",
        "attention": filters.attention,
        "sort": filters.sort,
        "columns": ",".join(filters.columns),
        "density": filters.density,
        "key": key,
    }
    return {name: str(value) for name, value in pairs.items() if value}


def _before(filters: ListFilters) -> str:
    if filters.before is None:
        return ""
    place = format_time(filters.before)
    return f"{place},{filters.passed}" if filters.passed else place
