"""The fragments that keep an open list and an open batch current.

204 where nothing changed; in any case the event `refreshed` with the age of what is shown.
"""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from batches.forms.filters import read_filters
from batches.refonte import LIMIT_MAX, Outcome
from batches.refs import to_name
from batches.services.batches.detail import BatchDetail, poll_detail
from batches.services.batches.exact_name import NOT_ASKED
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList
from batches.services.batches.lists import read_any_list
from batches.services.batches.polling import ListPoll, poll_list
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.batches.addresses import ListAddress, ViewOfList
from batches.views.batches.messages import batch_completed, rows_completed
from batches.views.batches.presenter import (
    detail_context,
    detail_stamp,
    head_stamp,
    list_context,
    live_list_context,
    page_title,
)
from batches.views.guards import page
from batches.views.request import Request


@page(Role.VIEWER, key=Key.READ, methods=("POST",))
def list_live(request: Request) -> HttpResponse:
    """The rows that changed, and what is around them where that did."""
    # by POST, as the stamps of 100 rows do not fit into a request line
    # the query as text: `read_filters` keeps its result by that
    filters = read_filters(request.META["QUERY_STRING"], zone=zone_of(request.user))
    shown, since = _shown_rows(request), _moment(request.POST.get("since", ""))
    # only a page of an earlier version, or no page at all, sends what cannot be read
    if filters is None or since is None:
        return HttpResponse("This is no list to refresh.", status=400)
    poll = poll_list(key=request.key, filters=filters, shown=[*shown], since=since)
    if not shown and (filters.q or filters.is_stored or poll.reading.data):
        return _first_rows(request, filters)
    address = ListAddress(request.key, filters, _view_of(request))
    changed = [row for row in poll.rows if row.stamp != shown[row.name]]
    # each row has its own stamp, so that a poll sends the rows that changed and no others
    same_head = head_stamp(address, poll, poll.new) == request.POST.get("head")
    if not changed and same_head:
        return _refreshed(HttpResponse(status=204), poll)
    context = live_list_context(address, poll, since=since, new=poll.new)
    context |= {"rows": changed, "same_head": same_head, "oob": True}
    response = render(request, "batches/_list_live.html", context)
    return _refreshed(response, poll, message=rows_completed(changed, shown))


def _first_rows(request: Request, filters: ListFilters) -> HttpResponse:
    """For a page without rows: the whole list, once that shows something else."""
    listing = read_any_list(key=request.key, filters=filters)
    context = list_context(request, listing, NOT_ASKED, _view_of(request))
    if not listing.rows and context["head"] == request.POST.get("head"):
        return _refreshed(HttpResponse(status=204), listing)
    context |= {"whole": True, "oob": True}
    return _refreshed(render(request, "batches/_list_live.html", context), listing)


def _view_of(request: Request) -> ViewOfList | None:
    """The view of the open page, for its links."""
    # what is in it is not read: the page goes on with what it shows, whatever the view is by now
    slug = request.GET.get("view", "")
    return ViewOfList(slug) if slug else None


@page(Role.VIEWER, key=Key.READ)
def batch_live(request: Request, name: str) -> HttpResponse:
    """What changed on the page. A page without a batch sends an empty stamp."""
    detail = poll_detail(key=request.key, name=name)
    stamp = request.GET.get("stamp")
    is_empty_page = stamp == ""
    if detail_stamp(detail, request.key.ref) == stamp or (is_empty_page and detail.late_create):
        response = HttpResponse(status=204)
    elif is_empty_page and (detail.is_known or detail.is_missing):
        # it is another template than the one on screen, so no piece of it can be swapped
        return HttpResponseClientRefresh()
    else:
        template = "batches/_missing_live.html" if is_empty_page else "batches/_detail_live.html"
        response = render(request, template, detail_context(request, detail) | {"oob": True})
    message = batch_completed(detail, request.GET.get("shown", ""))
    return _refreshed(response, detail, message=message, title=page_title(detail))


def _shown_rows(request: Request) -> dict[str, str]:
    """The stamps of the rows on screen, by name; what is not a row is left out."""
    shown = {}
    # a page has no more rows than one answer of Refonte: more would be a forged request
    for stamp in request.POST.get("rows", "").split(",", LIMIT_MAX)[:LIMIT_MAX]:
        ref, _, _ = stamp.partition(" ")
        try:
            shown[to_name(ref)] = stamp
        except ValueError:
            continue
    return shown


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # one without a zone cannot be compared with the times of rows
    return moment if moment.tzinfo else None


def _refreshed(
    response: HttpResponse,
    shown: BatchList | ListPoll | BatchDetail,
    *,
    message: str = "",
    title: str = "",
) -> HttpResponse:
    """message: for screen readers."""
    reading = shown.reading
    event = {
        "as_of": reading.as_of.isoformat() if reading.as_of else None,
        "stale": reading.is_stale,
        "refused": bool(reading.failure and reading.failure.outcome == Outcome.KEY_REFUSED),
        "poll_seconds": shown.poll_seconds,
        "words": message,
        "title": title,
    }
    # the event is a header, and headers have a limit: what is empty is left out
    filled = {name: value for name, value in event.items() if value}
    return trigger_client_event(response, "refreshed", filled)
