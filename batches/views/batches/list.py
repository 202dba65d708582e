"""The page of the list of batches."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from batches.forms.focus import focus_first_error
from batches.services.batches.exact_name import NOT_ASKED, find_exact
from batches.services.batches.lists import read_any_list
from batches.services.batches.search import try_again
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.addresses import batch_url
from batches.views.batches.empty_list import is_rejected
from batches.views.batches.opened import OpenedList, open_list
from batches.views.batches.presenter import list_context
from batches.views.guards import page
from batches.views.palette.opened import VIEW, note_opened
from batches.views.request import Request


@page(Role.VIEWER, key=Key.READ)
def list_batches(request: Request) -> HttpResponse:
    opened = open_list(user=request.user, query=request.GET)
    form = opened.form
    if form.is_refused:
        return render(request, "batches/list_refused.html", {"form": form}, status=400)
    focus_first_error(form)
    filters = form.filters
    if short := _shorter(request, opened):
        return redirect(short)
    # these ask Refonte nothing, so they would not find out that a refused key is accepted again
    if filters.q or filters.is_stored:
        request.key = try_again(key=request.key)
    # a whole name leads to its batch at once, even where this console never saw it; one that stands
    # in a view is not being looked for
    exact = NOT_ASKED
    if filters.q and filters.is_first_page and "q" in request.GET:
        exact = find_exact(key=request.key, typed=filters.q)
    if exact.name:
        return redirect(batch_url(exact.name, request.key.ref))
    if opened.view:
        note_opened(request, request.key, VIEW, opened.view.slug)
    listing = read_any_list(key=request.key, filters=filters, exact=exact)
    context = list_context(request, listing, exact, opened.view_of_list)
    context |= {"form": form, "exact": exact, "opened": opened}
    # the page is complete, but a script that follows addresses has to see the error
    is_wrong = form.has_wrong_days or is_rejected(listing)
    return render(request, "batches/list.html", context, status=400 if is_wrong else 200)


def _shorter(request: Request, opened: OpenedList) -> str:
    """The short address of a list, which is the one that people copy; empty where it has that."""
    # a browser sends its empty fields too; over a view an empty value can be one that counts
    is_long = opened.form.is_long and not opened.form.has_wrong_days
    # where the view cannot be opened, the short address would say nothing of it
    if not is_long or (opened.slug and not opened.view):
        return ""
    address = opened.address(request.key)
    is_short = address.pairs(address.filters) == request.GET.dict()
    return "" if is_short else address.page(address.filters)
