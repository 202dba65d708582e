"""The list of batches, the page of one, and the fragments that keep both current."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from batches.forms.filters import FilterForm, read_filters
from batches.forms.focus import focus_first_trouble
from batches.refonte import Outcome
from batches.refs import to_name
from batches.services.batches.detail import BatchDetail, poll_detail, read_detail
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import BatchList, read_list
from batches.services.batches.polling import ListPoll, poll_list
from batches.services.batches.search import NOT_ASKED, ExactName, find_exact, search_seen, try_again
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role, role_of
from batches.services.readings.reading import Reading
from batches.templatetags.addresses import page_url
from batches.views.access import Key
from batches.views.addresses import Link, batch_url, own_page_size
from batches.views.batches import list_messages, list_presenter
from batches.views.batches.detail_presenter import detail_stamp, missing_text, news_words, title_of
from batches.views.batches.empty_list import why_empty
from batches.views.empty_states import EmptyState
from batches.views.guards import page
from batches.views.key_switch import HELD, SwitchKey
from batches.views.request import Request
from batches.views.return_to import list_url

SHOWN_AT_MOST = 100


@page(Role.VIEWER)
def overview(request: Request) -> HttpResponse:
    """Until there is an overview, the list."""
    return redirect(page_url("batches:list", **own_page_size(request.user) | request.GET.dict()))


@page(Role.VIEWER, key=Key.READ)
def list_batches(request: Request) -> HttpResponse:
    form = FilterForm(request.GET, zone=zone_of(request.user))
    if form.is_refused:
        return render(request, "batches/list_refused.html", {"form": form}, status=400)
    focus_first_trouble(form)
    filters = form.filters
    address = list_presenter.ListAddress(request.key, filters)
    if form.has_empties and not form.has_wrong_days:
        return redirect(address.page(filters))
    if filters.q:
        request.key = try_again(key=request.key)
    is_search = filters.q and filters.is_first_page
    exact = find_exact(key=request.key, typed=filters.q) if is_search else NOT_ASKED
    if exact.name:
        return redirect(batch_url(exact.name, request.key.ref))
    listing = _read(request, filters, exact)
    context = {"form": form, "exact": exact, **_list_context(request, listing, exact)}
    is_wrong = form.has_wrong_days or list_presenter.is_rejected(listing)
    return render(request, "batches/list.html", context, status=400 if is_wrong else 200)


@page(Role.VIEWER, key=Key.READ, methods=("POST",))
def list_live(request: Request) -> HttpResponse:
    """What changed on a list: out-of-band pieces, or nothing but the time."""
    filters = read_filters(request.META["QUERY_STRING"], zone=zone_of(request.user))
    shown = _shown(request)
    since = _moment(request.POST.get("since", ""))
    if filters is None or since is None:
        return HttpResponse("This is no list to refresh.", status=400)
    address = list_presenter.ListAddress(request.key, filters)
    poll = poll_list(key=request.key, filters=filters, shown=[*shown], since=since)
    if not shown and (filters.q or poll.reading.data):
        return _first_rows(request, filters)
    changed = [row for row in poll.rows if row.stamp != shown[row.name]]
    head = list_presenter.head_stamp(address, poll, poll.new)
    same_head = head == request.POST.get("head")
    if not changed and same_head:
        answer = HttpResponse(status=204)
    else:
        context = {
            "rows": changed,
            "poll": poll,
            "listing": poll,
            "filters": filters,
            "address": address,
            "reading": poll.reading,
            "poll_seconds": poll.poll_seconds,
            "tabs": _tabs(address, poll),
            "since": since,
            "head": head,
            "new": poll.new,
            "oob": True,
            "same_head": same_head,
        }
        answer = render(request, "batches/_list_live.html", context)
    words = list_messages.news_words(changed, {name: s.split()[-1] for name, s in shown.items()})
    return _refreshed(answer, poll.reading, poll.poll_seconds, words=words)


def _first_rows(request: Request, filters: ListFilters) -> HttpResponse:
    """For a page that shows no row: the whole list, once there is more to say than it says."""
    listing = _read(request, filters)
    context = _list_context(request, listing)
    if listing.rows or context["head"] != request.POST.get("head"):
        whole = {**context, "oob": True, "whole": True}
        answer = render(request, "batches/_list_live.html", whole)
    else:
        answer = HttpResponse(status=204)
    return _refreshed(answer, listing.reading, listing.poll_seconds)


@page(Role.VIEWER, key=Key.READ)
def show_batch(request: Request, name: str) -> HttpResponse:
    detail = read_detail(key=request.key, name=name)
    context = {**_detail_context(request, detail), "list_url": list_url(request)}
    if detail.is_missing or not detail.is_known:
        status = 200 if detail.late_create else 404 if detail.is_missing else 503
        others = [key for key in request.key_choice.keys if key.ref != request.key.ref][:HELD]
        context["others"] = [SwitchKey(key, batch_url(name, key.ref)) for key in others]
        context["missing"] = missing_text(detail)
        return render(request, "batches/missing.html", context, status=status)
    return render(request, "batches/detail.html", context)


@page(Role.VIEWER, key=Key.READ)
def batch_live(request: Request, name: str) -> HttpResponse:
    """What changed on a batch's page. One that could show nothing, stamped so, is drawn anew."""
    detail = poll_detail(key=request.key, name=name)
    stamp = request.GET.get("stamp")
    if detail_stamp(detail, request.key.ref) == stamp or (stamp == "" and detail.late_create):
        answer = HttpResponse(status=204)
    elif stamp == "" and (detail.is_known or detail.is_missing):
        return HttpResponseClientRefresh()
    else:
        context = {**_detail_context(request, detail), "oob": True}
        live = "batches/_missing_live.html" if stamp == "" else "batches/_detail_live.html"
        answer = render(request, live, context)
    words = news_words(detail, request.GET.get("shown", ""))
    return _refreshed(
        answer, detail.reading, detail.poll_seconds, words=words, title=title_of(detail)
    )


def _read(request: Request, filters: ListFilters, exact: ExactName = NOT_ASKED) -> BatchList:
    if filters.q:
        return search_seen(key=request.key, filters=filters, exact=exact)
    return read_list(key=request.key, filters=filters)


def _list_context(
    request: Request, listing: BatchList, exact: ExactName = NOT_ASKED
) -> dict[str, Any]:
    """Its addresses are made of the filters it was read with, so that a poll costs one call."""
    now, address = timezone.now(), list_presenter.ListAddress(request.key, listing.filters)
    return {
        "empty": None if listing.rows else _empty(request, address, listing, exact),
        "filters": address.filters,
        "address": address,
        "listing": listing,
        "rows": listing.rows,
        "reading": listing.reading,
        "poll_seconds": listing.poll_seconds,
        "tabs": _tabs(address, listing),
        "is_rejected": list_presenter.is_rejected(listing),
        "range_words": list_messages.range_words(listing),
        "page_notes": list_messages.page_notes(listing),
        "export_words": list_messages.export_words(listing),
        "older_url": address.page(listing.older) if listing.older else "",
        "looked_to": listing.looked_to,
        "since": list_presenter.since(listing, now),
        "head": list_presenter.head_stamp(address, listing, 0),
        "new": 0,
        "now": now,
    }


def _empty(
    request: Request, address: list_presenter.ListAddress, listing: BatchList, exact: ExactName
) -> EmptyState:
    may_create = role_of(request.user).includes(Role.OPERATOR) and request.key.can_operate
    create_url = page_url("batches:create", key=request.key.ref) if may_create else ""
    return why_empty(address, listing, exact, create_url=create_url)


def _tabs(address: list_presenter.ListAddress, listing: BatchList | ListPoll) -> list[Link]:
    totals = listing.tab_totals
    return [
        Link(
            tab.words,
            tab.url,
            tab.id,
            totals.get("" if tab.id == "all" else tab.id),
            tab.is_current,
        )
        for tab in address.tabs
    ]


def _shown(request: Request) -> dict[str, str]:
    """The rows a poll says are on screen, each with its stamp; what is no row is passed over."""
    shown = {}
    for stamp in request.POST.get("rows", "").split(",", SHOWN_AT_MOST)[:SHOWN_AT_MOST]:
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
    return moment if moment.tzinfo else None


def _detail_context(request: Request, detail: BatchDetail) -> dict[str, Any]:
    return {
        "detail": detail,
        "reading": detail.reading,
        "poll_seconds": detail.poll_seconds,
        "stamp": detail_stamp(detail, request.key.ref),
        "page_title": title_of(detail),
        "page_url": request.build_absolute_uri(batch_url(detail.name, request.key.ref)),
    }


def _refreshed(
    answer: HttpResponse,
    reading: Reading[Any],
    poll_seconds: int | None,
    *,
    words: str = "",
    title: str = "",
) -> HttpResponse:
    """Tell the page how old what it shows is now, also where nothing is swapped."""
    news = {
        "as_of": reading.as_of.isoformat() if reading.as_of else None,
        "stale": reading.is_stale,
        "refused": bool(reading.failure and reading.failure.outcome == Outcome.KEY_REFUSED),
        "poll_seconds": poll_seconds,
        "words": words,
        "title": title,
    }
    return trigger_client_event(answer, "refreshed", {name: v for name, v in news.items() if v})
