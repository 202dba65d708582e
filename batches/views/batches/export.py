"""The list as a file: all its pages, each sent on as soon as it is read."""

import contextvars
from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from batches.forms.filters import FilterForm
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
from batches.views.batches.csv_format import SEPARATORS, csv_lines
from batches.views.batches.file_name import csv_name
from batches.views.batches.list_presenter import ListAddress
from batches.views.guards import page
from batches.views.request import Request


@page(Role.VIEWER, key=Key.READ)
def export_batches(request: Request) -> HttpResponseBase:
    asked = request.GET.copy()
    separator = SEPARATORS.get(asked.get("separator", "comma"))
    if separator:  # a word that is none is told of as a filter that is none
        asked.pop("separator", None)
    form = FilterForm(asked, zone=zone_of(request.user))
    if not form.is_valid():
        return render(request, "batches/list_refused.html", {"form": form}, status=400)
    if (
        separator is None or form.unknown or request.key_choice.note
    ):  # a file has no room for a note; the list has
        return redirect(f"{reverse('batches:list')}?{asked.urlencode()}")
    try:
        pages = export_list(user=request.user, key=request.key, filters=form.filters)
    except NotExported as why:
        return _not_exported(request, ListAddress(request.key, form.filters), why)
    name = csv_name(mode=request.key.mode, filters=form.filters, now=timezone.now())
    lines = csv_lines(pages, zone_of(request.user), separator)
    return _file(request, pages, lines, name)


def _file(request: Request, pages: Pages, lines: Iterator[str], name: str) -> HttpResponseBase:
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "",
        # Compressed, a page would stay in the compressor until more have come.
        "Content-Encoding": "identity",
    }
    if request.method == "HEAD":
        pages.close()
        return StreamingHttpResponse(headers=headers)
    return StreamingHttpResponse(Stream(pages, lines), headers=headers)


class Stream:
    """Each piece is made as if still within the request: its middlewares are through by then.

    Closed by Django at the end, also where the browser has gone away.
    """

    def __init__(self, pages: Pages, lines: Iterator[str]) -> None:
        self._pages, self._lines = pages, lines
        self._context = contextvars.copy_context()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._context.run(next, self._lines)

    def close(self) -> None:
        self._context.run(self._pages.close)


def _not_exported(request: Request, address: ListAddress, why: NotExported) -> HttpResponse:
    reading = why.reading if isinstance(why, FirstPageUnread) else None
    context = {"words": why.message, "reading": reading, "list_url": address.url()}
    answer = render(request, "batches/not_exported.html", context, status=_status_of(why))
    answer["Retry-After"] = str(why.retry_after)
    return answer


def _status_of(why: NotExported) -> int:
    if isinstance(why, AlreadyExporting):
        return 429
    failure = why.reading.failure if isinstance(why, FirstPageUnread) else None
    return 400 if failure and failure.outcome == Outcome.REJECTED else 503
