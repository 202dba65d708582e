"""Addresses of one list of batches: its pages, its filters, its file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.template.defaultfilters import date as date_words

from batches.forms.filters import DAYS, to_pairs
from batches.forms.saved_views import Pairs, over, to_query
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, PAUSED, STAGING
from batches.services.batches.filters import ANY, ListFilters
from batches.services.keys.types import ViewerKey
from batches.services.people.preferences import PAGE_SIZES
from batches.templatetags.addresses import page_url, whole_url
from batches.templatetags.statuses import status_label
from batches.views.addresses import Link

TABS = ("", STAGING, IN_PROGRESS, COMPLETED)  # the empty one is all
RARE = (PAUSED, CANCELLED)
NO_DAYS: dict[str, Any] = {"start": None, "end": None, "created": ""}
PRESET_LABELS = {"today": "today", "7d": "last 7 days", "30d": "last 30 days"}


REASONS = {
    ANY: "any reason",
    "stalled": "stalled",
    "staging": "left in staging",
    "errors": "errors growing",
    "at_risk": "at risk",
}
NEEDS, NEEDS_ICON = "attention", "alert-triangle"  # of its tab


@dataclass(frozen=True, slots=True)
class ViewOfList:
    """The saved view that a list is of. pairs: what the view has; None where nobody looked."""

    slug: str
    pairs: Pairs | None = None
    version: str = ""


@dataclass(frozen=True)
class ListAddress:
    """The address of one list, from which all its links are made.

    Links carry the view and what differs from it. Polls, and what is done with the list as it is
    shown, carry all filters: the view may be another one by then.
    """

    key: ViewerKey
    filters: ListFilters
    view: ViewOfList | None = None

    @cached_property
    def first(self) -> ListFilters:
        """The filters of its first page."""
        return self.filters.first_page()

    def url(self, **changes: Any) -> str:
        """This list from its first page, with some filters changed."""
        return self.page(replace(self.first, **changes))

    def page(self, filters: ListFilters) -> str:
        return whole_url("batches:list", **self.pairs(filters))

    def pairs(self, filters: ListFilters) -> dict[str, str]:
        """The query of a page of this list."""
        pairs = to_pairs(filters, key=self.key.ref)
        if self.view is None:
            return pairs
        return {"view": self.view.slug} | over(self.view.pairs, pairs)

    @property
    def fields(self) -> dict[str, str]:
        """All filters, for a form that does something with the list as it is shown here."""
        return self._whole_pairs(self.first)

    def _whole_pairs(self, filters: ListFilters) -> dict[str, str]:
        """The same, whatever the view is by then."""
        pairs = to_pairs(filters, key=self.key.ref)
        return {"view": self.view.slug} | over(None, pairs) if self.view else pairs

    def _fields(self, *names: str, **changes: Any) -> dict[str, str]:
        """Hidden fields of a form that has these names itself."""
        pairs = self.pairs(replace(self.first, **changes))
        return {name: value for name, value in pairs.items() if name not in names}

    @property
    def without_project(self) -> dict[str, str]:
        """Hidden fields of the form for the project."""
        return self._fields("project")

    @property
    def without_search(self) -> dict[str, str]:
        """Hidden fields of the search, which keeps the filters."""
        return self._fields("q")

    @property
    def without_days(self) -> dict[str, str]:
        """Hidden fields of the form for the days."""
        # people count days in the zone that the page shows, which may be another reader's
        return self._fields(*DAYS) | {"tz": self.filters.zone.key}

    @property
    def without_columns(self) -> dict[str, str]:
        """Hidden fields of the form for the columns."""
        # over a view that has some, an empty value: where none is ticked, nothing else is sent
        return self._fields(columns=())

    @property
    def live(self) -> str:
        return whole_url("batches:list-live", **self._whole_pairs(self.filters))

    @property
    def export(self) -> str:
        # the file has all pages, so it does not depend on the one that is open
        return page_url("batches:export", **to_pairs(self.first, key=self.key.ref))

    @property
    def views_menu(self) -> str:
        """The menu of views, about the list as it is shown here."""
        version = {"version": self.view.version} if self.view else {}
        return whole_url("views:menu", **self.fields, **version)

    @property
    def is_changed(self) -> bool:
        """Whether it differs from its view."""
        if self.view is None or self.view.pairs is None:
            return False
        return urlencode(self.view.pairs) != to_query(self.filters)

    @property
    def select_all(self) -> str:
        """Selects all that match, on whichever page they are."""
        return page_url("selections:all", **to_pairs(self.first, key=self.key.ref))

    @property
    def cleared(self) -> str:
        return self.url(project="", status="", q="", attention="", **NO_DAYS)

    @property
    def search_alone(self) -> str:
        return self.url(project="", status="", attention="", **NO_DAYS)

    @property
    def newer(self) -> str:
        """The page before, counted in rows. Of a search, its first page."""
        filters, first = self.filters, self.filters.first_page()
        if filters.is_first_page:
            return ""
        if filters.q and not filters.is_stored:  # it has no pages that could be counted
            return self.page(first)
        # pages may have fewer rows than the limit, so the one before may begin above the first row
        return self.page(replace(first, seen=max(0, filters.seen - filters.limit)))

    @property
    def any_project(self) -> str:
        return self.url(project="")

    @property
    def any_time(self) -> str:
        return self.url(**NO_DAYS)

    def tabs(self, totals: Mapping[str, int | None], attention: int | None = None) -> list[Link]:
        """totals: of batches by status, as far as they are known. attention: that need somebody."""
        tabs = [
            Link(
                status_label(status) if status else "All",
                self.url(status=status, attention=""),
                id=status or "all",
                count=totals.get(status),
                is_current=self.filters.status == status and not self.filters.attention,
            )
            for status in TABS
        ]
        is_current = bool(self.filters.attention)
        url = self.url(status="", attention=ANY)
        return [*tabs, Link("Needs attention", url, NEEDS, attention, is_current, NEEDS_ICON)]

    @property
    def reasons(self) -> list[Link]:
        """Why batches need somebody, for the filter of these."""
        return [
            Link(
                words, self.url(attention=name), id=name, is_current=self.filters.attention == name
            )
            for name, words in REASONS.items()
        ]

    @property
    def reason(self) -> str:
        """The words of the reason in use; empty where none is."""
        return REASONS.get(self.filters.attention, "")

    @property
    def without_attention(self) -> str:
        return self.url(attention="")

    @property
    def without_status(self) -> str:
        return self.url(status="")

    @property
    def status_words(self) -> str:
        return status_label(self.filters.status) if self.filters.status else ""

    @property
    def rare_statuses(self) -> list[Link]:
        """Those that no tab shows."""
        return [
            Link(
                status_label(status),
                self.url(status=status),
                is_current=self.filters.status == status,
            )
            for status in RARE
        ]

    @property
    def rare_status(self) -> str:
        """The label of the status in use, where no tab has it."""
        # not looked up in RARE: Refonte may have statuses that are new to this product
        status = self.filters.status
        return "" if status in TABS else status_label(status)

    @property
    def presets(self) -> list[Link]:
        return [
            Link(
                label,
                self.url(**NO_DAYS | {"created": name}),
                id=name,
                is_current=self.filters.created == name,
            )
            for name, label in PRESET_LABELS.items()
        ]

    @property
    def sizes(self) -> list[Link]:
        return [
            Link(str(size), self.url(limit=size), is_current=size == self.filters.limit)
            for size in PAGE_SIZES
        ]

    @property
    def in_use(self) -> int:
        """How many filters are."""
        filters = self.filters
        has_days = filters.created or filters.start or filters.end
        used = (filters.q, filters.project, filters.status, has_days, filters.attention)
        return sum(map(bool, used))

    @property
    def created_text(self) -> str:
        """Empty where any day is shown."""
        filters = self.filters
        return days_text(filters.created, filters.start, filters.end)


def days_text(preset: str, start: date | None, end: date | None) -> str:
    """A filter of days in words; empty where it is not used."""
    if preset:
        return PRESET_LABELS[preset]
    words = [date_words(day, "j M Y") if day else "…" for day in (start, end)]
    return " – ".join(words) if start or end else ""
