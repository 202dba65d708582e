"""The page of a selection: what is in it and what can be done. Its file."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header

from batches.models import Selection
from batches.services.batches.export_pages import ExportPage
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.services.selections.pages import pages_of
from batches.services.selections.store import names_of
from batches.views.access import Key
from batches.views.batches.csv_file import SEPARATORS, csv_lines
from batches.views.guards import page
from batches.views.request import Request
from batches.views.return_to import list_url
from batches.views.selections.bar import actions_context
from batches.views.selections.found import of_selection

Lines = Callable[[Iterable[ExportPage], ZoneInfo, str], Iterator[str]]
# By the end of the file's name: its content type, and what writes it.
FORMATS: dict[str, tuple[str, Lines]] = {"csv": ("text/csv; charset=utf-8", csv_lines)}


@page(Role.VIEWER, key=Key.READ)
@of_selection
def show(request: Request, selection: Selection) -> HttpResponse:
    names = names_of(selection=selection)
    context = actions_context(request, selection) | {"names": names, "back": list_url(request)}
    return render(request, "selections/show.html", context | {"count": len(names)})


@page(Role.VIEWER, key=Key.READ)
@of_selection
def export(request: Request, selection: Selection) -> HttpResponseBase:
    """Exactly these batches. At most 1,000 rows, which are written at once."""
    ending = request.GET.get("format", "csv")
    kind, write = FORMATS.get(ending, FORMATS["csv"])
    separator = SEPARATORS.get(request.GET.get("separator", ""), ",")
    pages = pages_of(selection=selection, key=request.key)
    body = "".join(write(pages, zone_of(request.user), separator))
    name = _file_name(selection, ending if ending in FORMATS else "csv")
    disposition = content_disposition_header(as_attachment=True, filename=name) or ""
    return HttpResponse(body, content_type=kind, headers={"Content-Disposition": disposition})


def _file_name(selection: Selection, ending: str) -> str:
    """Like `batches-live-selected-2026-11-26T1402Z.csv`, in UTC."""
    made_at = timezone.now().astimezone(UTC).strftime("%Y-%m-%dT%H%MZ")
    return f"batches-{selection.key_mode}-selected-{made_at}.{ending}"
