"""Ticks of a list: kept as they are set, all that match at once, or sent as a plain form."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from batches.forms.filters import FilterForm
from batches.refonte import LIMIT_MAX
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.services.selections.matching import NotSelected, select_matching
from batches.services.selections.store import (
    OtherSelection,
    Ticked,
    change_selection,
    find_names,
)
from batches.templatetags.addresses import id_digest, page_url
from batches.views.access import Key
from batches.views.addresses import named_key
from batches.views.batches.addresses import ListAddress
from batches.views.guards import page
from batches.views.request import Request
from batches.views.return_to import list_url
from batches.views.selections.bar import bar_context, filter_words

NOTHING_TICKED = "Nothing was ticked. Tick batches in the first column, then go on."


@page(Role.VIEWER, key=Key.READ, methods=("POST",))
def tick(request: Request) -> HttpResponse:
    """For a script: `add` and `remove` have ids of rows, joined by commas. Answers the bar."""
    _refuse_other_key(request)
    selection_id = _selection_id(request)
    if selection_id is None:
        return HttpResponse("This names no selection.", status=400)
    changes = {
        name: _names(request, request.POST.get(name, "").split(",")) for name in ("add", "remove")
    }
    ticked = _changed(request, selection_id, **changes)
    return render(request, "selections/_bar.html", bar_context(request, ticked))


@page(Role.VIEWER, key=Key.READ, methods=("POST",))
def select_all(request: Request) -> HttpResponse:
    """All that match the filters of the address. A script gets the bar, a form the page of it."""
    _refuse_other_key(request)
    # the address has all filters of the list, whatever view it stands over
    form = FilterForm(request.GET, zone=zone_of(request.user))
    if not form.is_valid():
        return render(request, "batches/list_refused.html", {"form": form}, status=400)
    selection_id = _selection_id(request) or uuid4()
    address = ListAddress(request.key, form.filters)
    try:
        ticked = select_matching(
            user=request.user,
            key=request.key,
            selection_id=selection_id,
            filters=form.filters,
            words=filter_words(address),
        )
    except OtherSelection:
        raise Http404 from None
    except NotSelected as error:
        return _not_selected(request, address, selection_id, error.message)
    if request.htmx:
        return render(request, "selections/_bar.html", bar_context(request, ticked))
    return _to_page(request, ticked)


@page(Role.VIEWER, key=Key.READ, methods=("POST",))
def begin(request: Request) -> HttpResponse:
    """Without a script: `tick` has the id of each row that is ticked."""
    _refuse_other_key(request)
    names = _names(request, request.POST.getlist("tick"))
    if not names:
        messages.warning(request, NOTHING_TICKED)
        return redirect(list_url(request))
    return _to_page(request, _changed(request, uuid4(), add=names))


def _changed(request: Request, selection_id: UUID, **changes: list[str]) -> Ticked:
    try:
        return change_selection(
            user=request.user, key=request.key, selection_id=selection_id, **changes
        )
    except OtherSelection:
        raise Http404 from None


def _to_page(request: Request, ticked: Ticked) -> HttpResponse:
    return redirect(page_url("selections:show", ticked.selection.pk, key=request.key.ref))


def _not_selected(
    request: Request, address: ListAddress, selection_id: UUID, message: str
) -> HttpResponse:
    """What was ticked before stays."""
    if not request.htmx:
        messages.error(request, message)
        return redirect(address.page(address.filters))
    context = bar_context(request, _changed(request, selection_id), note=message)
    return render(request, "selections/_bar.html", context)


def _names(request: Request, ids: Iterable[str]) -> list[str]:
    """What is no id is left out: only a forged request has it."""
    beginnings = [beginning for one in ids if (beginning := id_digest(one))]
    return find_names(key=request.key, beginnings=beginnings[:LIMIT_MAX])


def _selection_id(request: Request) -> UUID | None:
    try:
        return UUID(request.POST.get("selection", ""))
    except ValueError:
        return None


def _refuse_other_key(request: Request) -> None:
    """A page may be read with another key; nothing is selected with a key not asked for."""
    if named_key(request) not in request.key.refs:
        raise Http404
