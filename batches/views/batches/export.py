"""The list as a file: all its pages, each sent when it is read."""

import contextvars
from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from batches.refonte import Outcome
from batches.services.batches.export import (
    AlreadyExporting,
    FirstPageUnread,
    NotExported,
    Pages,
    export_list,
)
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.batches.addresses import ListAddress
from batches.views.batches.csv_file import SEPARATORS, csv_lines, csv_name
from batches.views.batches.opened import open_list
from batches.views.guards import page
from batches.views.request import Request


@page(Role.VIEWER, key=Key.READ)
def export_batches(request: Request) -> HttpResponseBase:
    query = request.GET.copy()
    separator = SEPARATORS.get(query.get("separator", "comma"))
    if separator:  # a wrong one stays, and the list shows it as an unknown filter
        query.pop("separator", None)
    opened = open_list(user=request.user, query=query)
    form = opened.form
    if not form.is_valid():
        return render(request, "batches/list_refused.html", {"form": form}, status=400)
    # a note has no place in a file
    is_noted = form.unknown or request.key_choice.note or not opened.is_as_named
    if separator is None or is_noted:
        return redirect(f"{reverse('batches:list')}?{query.urlencode()}")
    try:
        pages = export_list(user=request.user, key=request.key, filters=form.filters)
    except NotExported as error:
        return _not_exported(request, opened.address(request.key), error)
    name = csv_name(mode=request.key.mode, filters=form.filters, now=timezone.now())
    lines = csv_lines(pages, zone_of(request.user), separator)
    return _file(request, pages, lines, name)


def _file(request: Request, pages: Pages, lines: Iterator[str], name: str) -> HttpResponseBase:
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "",
        # the compressor would keep a page back until it had more of them
        "Content-Encoding": "identity",
    }
    if request.method == "HEAD":
        # frees the export slot: a person has one at a time
        pages.close()
        # streaming like the file itself: CommonMiddleware would add `Content-Length: 0`
        return StreamingHttpResponse(headers=headers)
    return StreamingHttpResponse(Stream(pages, lines), headers=headers)


class Stream:
    """The lines of the file, produced in the context of the request (log lines, time zone)."""

    def __init__(self, pages: Pages, lines: Iterator[str]) -> None:
        self._pages, self._lines = pages, lines
        # the middlewares end before the first line is sent, and reset these values
        self._context = contextvars.copy_context()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._context.run(next, self._lines)

    def close(self) -> None:
        # Django calls it also where the browser closed the connection: the slot must be free then
        self._context.run(self._pages.close)


def _not_exported(request: Request, address: ListAddress, error: NotExported) -> HttpResponse:
    reading = error.reading if isinstance(error, FirstPageUnread) else None
    is_rejected = reading and reading.failure and reading.failure.outcome == Outcome.REJECTED
    status = 429 if isinstance(error, AlreadyExporting) else 400 if is_rejected else 503
    context = {"words": error.message, "reading": reading, "list_url": address.url()}
    response = render(request, "batches/not_exported.html", context, status=status)
    response["Retry-After"] = str(error.retry_after)
    return response
