"""Why a list of batches shows no row, and where to go from there."""

from dataclasses import replace

from django.utils.html import format_html

from batches.refonte import Outcome
from batches.services.batches.exact_name import ExactName
from batches.services.batches.listing import BatchList
from batches.services.walks.coverage import Coverage
from batches.templatetags.freshness import failure_sentence
from batches.templatetags.names import name
from batches.templatetags.times import time
from batches.views.batches.addresses import ListAddress
from batches.views.batches.messages import range_text
from batches.views.empty_states import Actions, EmptyState

PROJECTS_OFFERED = 8
REJECTED = EmptyState(icon="filter", heading="Refonte cannot list this")
NOT_LOADED = EmptyState(icon="cloud-off", heading="The list could not be loaded")
NONE_READABLE = EmptyState(
    heading="None of these rows could be read", text="They have no usable name."
)
PAST_THE_END = EmptyState(
    icon="stack", heading="No older batches", text="The list ends before this page."
)
NO_MATCH = EmptyState(icon="filter", heading="Nothing matches this filter")
NO_MATCHES = EmptyState(icon="filter", heading="Nothing matches these filters")
NO_ALARM = EmptyState(icon="circle-check", heading="Nothing needs attention")
NONE_KNOWN = EmptyState(icon="filter", heading="No batch known here matches")
NO_BATCHES = EmptyState(
    heading="No batches with this key yet",
    text="Batches created with it, here or through the API, are listed here.",
)


def why_empty(
    address: ListAddress, listing: BatchList, exact: ExactName, *, create_url: str
) -> EmptyState:
    """The reason and the links to show in place of rows.

    create_url: empty where this person cannot create a batch with this key.
    """
    if unread := _not_read(address, listing):
        return unread
    if listing.filters.is_stored and listing.filters.is_first_page:
        return _none_stored(address, listing)
    if listing.filters.q and (listing.filters.is_first_page or listing.older):
        return _nothing_found(address, listing, exact)
    # before the filters: they may match, with all rows on the pages before
    if not listing.filters.is_first_page:
        return replace(PAST_THE_END, actions=(("Show the newest", address.url()),))
    if listing.filters.narrows:
        return _no_match(address, listing)
    return replace(NO_BATCHES, actions=(("New batch", create_url),) if create_url else ())


def is_rejected(listing: BatchList) -> bool:
    """Whether Refonte refused the request: it does not accept a filter of this address."""
    failure = listing.reading.failure
    return bool(failure and failure.outcome == Outcome.REJECTED and not listing.reading.data)


def _not_read(address: ListAddress, listing: BatchList) -> EmptyState | None:
    # Refonte sent rows for this page, but none that has a name
    if range_text(listing):
        return NONE_READABLE
    failure = listing.reading.failure
    if failure and is_rejected(listing):
        actions = (("Clear all", address.cleared),)
        return replace(REJECTED, text=failure_sentence(failure), actions=actions)
    if failure and not listing.reading.as_of:
        return replace(NOT_LOADED, text=failure_sentence(failure))
    return None


def _none_stored(address: ListAddress, listing: BatchList) -> EmptyState:
    """Of a list of what is recorded here: nobody asked Refonte."""
    if listing.filters.attention and address.in_use == 1:
        when = time(listing.reading.as_of, "clock") if listing.reading.as_of else ""
        text = format_html("Looked at {}.", when) if when else ""
        return replace(NO_ALARM, text=text, actions=(("All batches", address.cleared),))
    return replace(NONE_KNOWN, actions=(("Clear all", address.cleared),))


def _no_match(address: ListAddress, listing: BatchList) -> EmptyState:
    if _is_unknown_project(listing):
        return _unknown_project(address, listing)
    if address.in_use == 1:
        return replace(NO_MATCH, actions=(("Clear all", address.cleared),))
    return replace(NO_MATCHES, actions=(("Clear all", address.cleared),))


def _is_unknown_project(listing: BatchList) -> bool:
    """Whether Refonte named all its projects, and this is none of them."""
    project, known = listing.filters.project, listing.projects
    is_all = bool(known) and not listing.has_more_projects
    return bool(project and is_all and project not in known)


def _unknown_project(address: ListAddress, listing: BatchList) -> EmptyState:
    """Names the projects that contain what was typed."""
    # Refonte filters by the exact name of a project: a part of a name matches nothing
    part = listing.filters.project.casefold()
    alike = [project for project in listing.projects if part in project.casefold()]
    heading = format_html("No project is called exactly “{}”", name(listing.filters.project))
    return EmptyState(
        icon="filter",
        heading=heading,
        text="These contain it:" if alike else "No known project contains it either.",
        suggestions=tuple(
            (project, address.url(project=project)) for project in alike[:PROJECTS_OFFERED]
        ),
        actions=(("Any project", address.any_project),),
    )


def _nothing_found(address: ListAddress, listing: BatchList, exact: ExactName) -> EmptyState:
    """For a search without rows. For a whole name Refonte is asked as well."""
    # only the names of known batches were searched: Refonte has no search for a part of a name
    if listing.older:
        return _none_so_far(address, listing, exact)
    coverage = listing.coverage
    which = "No batch seen here"
    text = ""
    if coverage and coverage.is_complete:
        which, text = "No batch", "All batches of this key are searched."
    elif coverage and coverage.is_watched:
        which, text = "No batch read so far", "This page refreshes by itself."
    heading = f"{which} has such a name"
    actions: Actions = (("Clear all", address.cleared),)
    if listing.filters.narrows:
        heading += " and these filters"
        actions = (("Search without filters", address.search_alone), ("Clear all", address.cleared))
    text = f"{text} {_exact_text(exact, coverage)}".strip()
    return EmptyState(icon="search", heading=heading, text=text, actions=actions)


def _none_so_far(address: ListAddress, listing: BatchList, exact: ExactName) -> EmptyState:
    """For a search among more names than one page reads."""
    text = _exact_text(exact, listing.coverage)
    if listing.looked_to:
        text = format_html("Searched back to {}. {}", time(listing.looked_to), text)
    older_url = address.page(listing.older) if listing.older else ""
    return EmptyState(
        icon="search",
        heading="No batch looked at so far has such a name",
        text=text,
        actions=(("Search older", older_url), ("Clear all", address.cleared)),
    )


def _exact_text(exact: ExactName, coverage: Coverage | None) -> str:
    if exact.failure:
        return "Refonte may have more, but could not be asked."
    if exact.is_absent:
        return "Refonte has no batch of exactly this name either."
    is_complete = coverage is not None and coverage.is_complete
    return "" if is_complete else "Others are found by their exact name."
