"""Finds the selection of an address for this person, under the key that it was made with."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import retarget

from batches.models import Selection
from batches.services.selections.store import find_selection, is_of_key
from batches.views.guards import or_404
from batches.views.request import Request

View = Callable[[Request, Selection], HttpResponseBase]


def of_selection(view: View) -> Callable[[Request, UUID], HttpResponseBase]:
    """Guard a view behind `guards.page`: it gets the selection in place of its id."""

    @wraps(view)
    def found(request: Request, selection_id: UUID) -> HttpResponseBase:
        selection = or_404(find_selection(user=request.user, selection_id=selection_id))
        if not is_of_key(selection=selection, key=request.key):
            return other_key(request, selection)
        return view(request, selection)

    return found


def other_key(request: Request, selection: Selection) -> HttpResponse:
    """Refuses it in words: the names mean nothing, or other batches, under this key."""
    template = "selections/_other_key.html" if request.htmx else "selections/other_key.html"
    response = render(request, template, {"selection": selection}, status=409)
    # htmx swaps in an error only where that names its place
    return retarget(response, "closest .sheet") if request.method == "POST" else response
