"""The page of one project, its poll, and its burn-up as a table."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from batches.services.overview.burnup import DEFAULT, WINDOWS
from batches.services.overview.project import ProjectPage, read_project
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.services.vendor.calls import Kind
from batches.templatetags.addresses import page_url
from batches.views.access import Key
from batches.views.addresses import Link
from batches.views.guards import page
from batches.views.overview.drawing import burn_up_table_lines, draw_burn_up, draw_days
from batches.views.overview.pieces import page_context, poll_response
from batches.views.palette.opened import PROJECT, note_opened
from batches.views.request import Request

PIECES = {
    "answers": "overview/_answers.html",
    "charts": "overview/_charts.html",
    "lines": "overview/_batch_lines.html",
}
WINDOW_WORDS = {"7d": "7 d", "14d": "14 d", "30d": "30 d", "all": "All"}
NOT_SEEN = (
    "No batch of a project with this name was ever seen with this key. "
    "It may belong to another key, or it may have no batches yet."
)


@page(Role.VIEWER, key=Key.READ)
def show_project(request: Request, name: str) -> HttpResponse:
    found = _read(request, name, Kind.PAGE)
    if found is None:
        return render(request, "errors/404.html", {"words": NOT_SEEN}, status=404)
    note_opened(request, request.key, PROJECT, found.name)
    context = page_context(request, PIECES, project_context(request, found))
    return render(request, "overview/project.html", context)


@page(Role.VIEWER, key=Key.READ)
def project_live(request: Request, name: str) -> HttpResponse:
    """The pieces that changed; 204 where none did."""
    found = _read(request, name, Kind.POLL)
    if found is None:
        return HttpResponse(status=204)
    return poll_response(request, PIECES, project_context(request, found))


@page(Role.VIEWER, key=Key.READ)
def burn_up_table(request: Request, name: str) -> HttpResponse:
    """In the dialog of the project's page, or as a page of its own."""
    found = _read(request, name, Kind.POLL)
    if found is None:
        return render(request, "errors/404.html", {"words": NOT_SEEN}, status=404)
    lines = burn_up_table_lines(found.burn_up, zone_of(request.user)) if found.burn_up else ()
    sheet, is_page = "overview/_burn_up_table.html", not request.htmx
    context = {"name": name, "lines": lines, "sheet": sheet, "is_page": is_page}
    return render(request, "actions/page.html" if is_page else sheet, context)


def _read(request: Request, name: str, kind: Kind) -> ProjectPage | None:
    return read_project(
        key=request.key, name=name, window=_window(request), zone=zone_of(request.user), kind=kind
    )


def _window(request: Request) -> str:
    # what is no window is ignored: a week is a fit answer
    asked = request.GET.get("window", "")
    return asked if asked in WINDOWS else DEFAULT


def project_context(request: Request, found: ProjectPage) -> dict[str, Any]:
    window, key, zone = _window(request), request.key.ref, zone_of(request.user)
    pace = found.answers.pace if found.answers else None
    return {
        "project": found,
        "reading": found.reading,
        "poll_seconds": found.poll_seconds,
        "answers": found.answers,
        "with_batches": True,
        "burn_up": draw_burn_up(found.burn_up, found.dues, zone) if found.burn_up else None,
        "days": draw_days(pace) if pace else None,
        "windows": [
            Link(
                words,
                page_url("projects:detail", found.name, window=one, key=key),
                id=one,
                is_current=one == window,
            )
            for one, words in WINDOW_WORDS.items()
        ],
        "window": window,
        "staging_default": settings.STAGING_HOURS,
        "live_url": page_url("projects:detail-live", found.name, key=key),
        "fields": {"window": window},
    }
