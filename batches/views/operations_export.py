"""What the list of operations has, as a file: all its pages."""

from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from batches.forms.operations import OperationsFilter
from batches.services.batches.export import AlreadyExporting, NotExported, Pages
from batches.services.keys.listing import list_readable_keys
from batches.services.operations.entries import choose_search
from batches.services.operations.export import OperationsPart, export_operations
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.views.file_format import take_format
from batches.views.guards import page
from batches.views.operations_file import cut_text, operation_lines
from batches.views.request import Request
from batches.views.streaming import file_name, stream_file


@page(Role.VIEWER)
def export_list(request: Request) -> HttpResponseBase:
    query, zone = request.GET.copy(), zone_of(request.user)
    chosen = take_format(query)
    keys = list_readable_keys(user=request.user)
    form = OperationsFilter(query, keys=keys, zone=zone)
    back = f"{reverse('operations:list')}?{query.urlencode()}"
    # the list says which filter is wrong
    if chosen is None or form.errors:
        return redirect(back)
    try:
        filters = choose_search(user=request.user, filters=form.filters)
        pages = export_operations(user=request.user, filters=filters)
    except NotExported as error:
        return _not_exported(request, error, back)
    parts = ("operations", *(value for name, value in form.pairs.items() if name != "tz"))
    return stream_file(
        request,
        name=file_name(parts[:5], now=timezone.now(), ending=chosen.ending),
        content_type=chosen.content_type,
        lines=operation_lines(chosen, _telling(pages), zone),
        close=pages.close,
    )


def _telling(pages: Pages[OperationsPart]) -> Iterator[OperationsPart]:
    """The same; what they lack is kept for the page that started the export."""
    for part in pages:
        if part.cut:
            pages.tell(cut_text(part))
        yield part


def _not_exported(request: Request, error: NotExported, back: str) -> HttpResponse:
    status = 429 if isinstance(error, AlreadyExporting) else 503
    context = {"words": error.message, "reading": None, "list_url": back}
    response = render(request, "batches/not_exported.html", context, status=status)
    response["Retry-After"] = str(error.retry_after)
    return response
