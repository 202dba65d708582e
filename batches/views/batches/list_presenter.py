"""The list as the page draws it: addresses, chips, tabs, and the stamps that tell what changed.

Its sentences are in `list_words`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from django.template.defaultfilters import date as date_words

from batches.forms.filters import to_pairs
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, PAUSED, STAGING, Outcome
from batches.services.batches.digests import digest
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList
from batches.services.batches.polling import ListPoll
from batches.services.keys.types import ViewerKey
from batches.services.people.preferences import PAGE_SIZES
from batches.templatetags.addresses import page_url
from batches.templatetags.statuses import status_label
from batches.views.addresses import Link

TABS = ("", STAGING, IN_PROGRESS, COMPLETED)  # the empty one is all
RARE = (PAUSED, CANCELLED)
PRESET_WORDS = {"today": "today", "7d": "last 7 days", "30d": "last 30 days"}
PROJECTS_OFFERED = 8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ListAddress:
    """Makes every address of one list page, so that the state is nowhere else."""

    key: ViewerKey
    filters: ListFilters

    def url(self, **changes: Any) -> str:
        """This list from its first page, with some filters changed."""
        return self.page(replace(self.filters.first_page(), **changes))

    def page(self, filters: ListFilters, name: str = "batches:list") -> str:
        return page_url(name, **to_pairs(filters, key=self.key.ref))

    @property
    def without_project(self) -> dict[str, str]:
        """What the form for the project leaves as it is."""
        first = replace(self.filters.first_page(), project="")
        return to_pairs(first, key=self.key.ref)

    @property
    def without_search(self) -> dict[str, str]:
        """What the form for the search leaves as it is: it looks within these filters."""
        first = replace(self.filters.first_page(), q="")
        return to_pairs(first, key=self.key.ref)

    @property
    def without_days(self) -> dict[str, str]:
        """What the form for the days leaves as it is. Their zone goes along with them."""
        first = replace(self.filters.first_page(), start=None, end=None, created="")
        pairs = to_pairs(first, key=self.key.ref)
        return pairs | {"tz": first.zone.key}

    @property
    def live(self) -> str:
        return self.page(self.filters, "batches:list-live")

    @property
    def export(self) -> str:
        """All pages of this list as one file."""
        return self.page(self.filters.first_page(), "batches:export")

    @property
    def cleared(self) -> str:
        return self.url(project="", status="", start=None, end=None, created="", q="")

    @property
    def search_alone(self) -> str:
        return self.url(project="", status="", start=None, end=None, created="")

    @property
    def newer(self) -> str:
        """The page before, counted in rows; the first page where it would begin above it, and of a
        search.
        """
        filters, first = self.filters, self.filters.first_page()
        if filters.is_first_page:
            return ""
        if filters.q:  # it has no pages that could be counted
            return self.page(first)
        return self.page(replace(first, seen=max(0, filters.seen - filters.limit)))

    @property
    def any_project(self) -> str:
        return self.url(project="")

    @property
    def any_time(self) -> str:
        return self.url(start=None, end=None, created="")

    @property
    def tabs(self) -> list[Link]:
        return [
            Link(
                status_label(status) if status else "All",
                self.url(status=status),
                status or "all",
                None,
                self.filters.status == status,
            )
            for status in TABS
        ]

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
        """The one that is on, in words; Refonte may know some that we do not."""
        status = self.filters.status
        return "" if status in TABS else status_label(status)

    @property
    def presets(self) -> list[Link]:
        return [
            Link(
                words,
                self.url(created=name, start=None, end=None),
                name,
                None,
                self.filters.created == name,
            )
            for name, words in PRESET_WORDS.items()
        ]

    @property
    def sizes(self) -> list[Link]:
        return [
            Link(str(size), self.url(limit=size), is_current=size == self.filters.limit)
            for size in PAGE_SIZES
        ]

    @property
    def chips(self) -> list[Link]:
        """What is on, each with the address that has it off."""
        filters, chips = self.filters, []
        if filters.q:
            chips.append(Link(f"Name contains: {filters.q}", self.url(q="")))
        if filters.project:
            chips.append(Link(f"Project: {filters.project}", self.url(project="")))
        if filters.status:
            chips.append(Link(f"Status: {status_label(filters.status)}", self.url(status="")))
        if filters.created or filters.start or filters.end:
            words = f"Created: {self.created_words} ({filters.zone.key})"
            chips.append(Link(words, self.url(created="", start=None, end=None)))
        return chips

    @property
    def created_words(self) -> str:
        filters = self.filters
        if filters.created:
            return PRESET_WORDS[filters.created]
        return days_words(filters.start, filters.end) or "any time"


def days_words(start: date | None, end: date | None) -> str:
    """Days as every other date is written: "20 Nov 2026 – 26 Nov 2026"; empty without any."""
    words = [date_words(day, "j M Y") if day else "…" for day in (start, end)]
    return " – ".join(words) if start or end else ""


def is_unknown_project(listing: BatchList) -> bool:
    """Nothing is listed, and the project asked for is none of those that Refonte named."""
    project, known = listing.filters.project, listing.projects
    is_all = bool(known) and not listing.has_more_projects
    return bool(project and is_all and not listing.rows and project not in known)


def projects_alike(address: ListAddress, listing: BatchList) -> list[Link]:
    """Known projects that contain what was typed, with the list of each."""
    part = listing.filters.project.casefold()
    alike = [name for name in listing.projects if part in name.casefold()]
    return [Link(name, address.url(project=name)) for name in alike[:PROJECTS_OFFERED]]


def is_rejected(listing: BatchList) -> bool:
    """The vendor refused the question itself: this address asks for something it does not know."""
    failure = listing.reading.failure
    return bool(failure and failure.outcome == Outcome.REJECTED and not listing.reading.data)


def since(listing: BatchList, now: datetime) -> datetime:
    """A batch not on this page and created after this is new to its reader."""
    if not listing.filters.is_first_page:
        return now
    if listing.older is None:
        return EPOCH
    times = [row.created_at for row in listing.rows if row.created_at]
    return listing.looked_to or min(times, default=now)


def head_stamp(address: ListAddress, listing: BatchList | ListPoll, new: int) -> str:
    """The same for what stands around the rows."""
    reading = listing.reading
    failure = reading.failure and (reading.failure.outcome, reading.next_try)
    totals = tuple(listing.tab_totals.items())
    coverage = listing.coverage and (listing.coverage, listing.total)
    return digest((failure, totals, new, listing.poll_seconds, address.live, coverage))
