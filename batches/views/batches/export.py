"""The list as a file: all its pages, each sent when it is read."""

from collections.abc import Iterator

from django.contrib.messages import WARNING
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from batches.refonte import Outcome
from batches.services.batches.export import (
    AlreadyExporting,
    FirstPageUnread,
    NotExported,
    Pages,
    export_list,
    told_of_last,
)
from batches.services.batches.export_pages import ExportPage
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.batches.addresses import ListAddress
from batches.views.batches.file_lines import file_lines
from batches.views.batches.file_rows import cut_text, fields_of, name_parts
from batches.views.batches.opened import open_list
from batches.views.file_format import take_format
from batches.views.guards import page
from batches.views.request import Request
from batches.views.streaming import file_name, stream_file


@page(Role.VIEWER, key=Key.READ)
def export_batches(request: Request) -> HttpResponseBase:
    query, zone = request.GET.copy(), zone_of(request.user)
    chosen = take_format(query)
    opened = open_list(user=request.user, query=query)
    form = opened.form
    if not form.is_valid():
        return render(request, "batches/list_refused.html", {"form": form}, status=400)
    # a note has no place in a file
    is_noted = form.unknown or request.key_choice.note or not opened.is_as_named
    if chosen is None or is_noted:
        return redirect(f"{reverse('batches:list')}?{query.urlencode()}")
    filters, key = form.filters, request.key
    try:
        pages = export_list(user=request.user, key=key, filters=filters)
    except NotExported as error:
        return _not_exported(request, opened.address(key), error)
    parts = name_parts(mode=key.mode, filters=filters)
    return stream_file(
        request,
        name=file_name(parts, now=timezone.now(), ending=chosen.ending),
        content_type=chosen.content_type,
        lines=file_lines(chosen, _telling(pages), fields_of(filters), zone),
        # frees the export slot: a person has one at a time
        close=pages.close,
    )


@page(Role.VIEWER)
def export_told(request: Request) -> HttpResponse:
    """What the person's last file lacks, for the page that it was started from."""
    told = told_of_last(user=request.user)
    warnings = [Message(WARNING, f"Your file: {told.words}.")] if told.words else []
    context = {"is_under_way": told.is_under_way, "messages": warnings}
    return render(request, "batches/_export_told.html", context)


def _telling(pages: Pages[ExportPage]) -> Iterator[ExportPage]:
    """The same pages; what they lack is kept for the page that started the export."""
    for each in pages:
        if each.cut:
            pages.tell(cut_text(each.cut))
        yield each


def _not_exported(request: Request, address: ListAddress, error: NotExported) -> HttpResponse:
    reading = error.reading if isinstance(error, FirstPageUnread) else None
    is_rejected = reading and reading.failure and reading.failure.outcome == Outcome.REJECTED
    status = 429 if isinstance(error, AlreadyExporting) else 400 if is_rejected else 503
    context = {"words": error.message, "reading": reading, "list_url": address.url()}
    response = render(request, "batches/not_exported.html", context, status=status)
    response["Retry-After"] = str(error.retry_after)
    return response
