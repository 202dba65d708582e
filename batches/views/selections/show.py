"""The page of a selection: what is in it and what can be done. Its file."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from batches.models import Selection
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.services.selections.pages import pages_of
from batches.services.selections.store import names_of
from batches.views.access import Key
from batches.views.batches.file_lines import file_lines
from batches.views.batches.file_rows import FIELDS
from batches.views.file_format import CSV, take_format
from batches.views.guards import page
from batches.views.request import Request
from batches.views.return_to import list_url
from batches.views.selections.bar import actions_context
from batches.views.selections.found import of_selection
from batches.views.streaming import file_name, stream_file


@page(Role.VIEWER, key=Key.READ)
@of_selection
def show(request: Request, selection: Selection) -> HttpResponse:
    names = names_of(selection=selection)
    context = actions_context(request, selection) | {"names": names, "back": list_url(request)}
    return render(request, "selections/show.html", context | {"count": len(names)})


@page(Role.VIEWER, key=Key.READ)
@of_selection
def export(request: Request, selection: Selection) -> HttpResponseBase:
    """Exactly these batches, each fact with its age. `format` and `separator` as of a list."""
    chosen = take_format(request.GET.copy()) or CSV
    pages = pages_of(selection=selection, key=request.key)
    parts = ("batches", selection.key_mode, "selected")
    return stream_file(
        request,
        name=file_name(parts, now=timezone.now(), ending=chosen.ending),
        content_type=chosen.content_type,
        lines=file_lines(chosen, pages, FIELDS, zone_of(request.user)),
        close=lambda: None,
    )
