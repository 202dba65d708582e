"""The page `/go/` and its results, which the dialog of every page fetches while somebody types."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

from batches.forms.palette import PaletteForm
from batches.services.palette.batches import Found, find_batches, find_named
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.guards import page
from batches.views.palette.opened import BATCH, opened_lately
from batches.views.palette.sections import sections_of
from batches.views.request import Request

RECENT = 6


@page(Role.VIEWER, key=Key.READ)
def show(request: Request) -> HttpResponse:
    """The search as a page, for who has no script, or wants an address."""
    return render(request, "go/page.html", _context(request) | {"is_page": True})


@page(Role.VIEWER, key=Key.READ)
def results(request: Request) -> HttpResponse:
    return render(request, "go/_results.html", _context(request))


def _context(request: Request) -> dict[str, Any]:
    form = PaletteForm(request.GET)
    q = form.given("q")
    found = _find(request, q, batch_at(form.given("at")))
    sections = sections_of(request, q, found, selection=form.given("selection"))
    count = sum(len(section.results) for section in sections)
    return {
        "q": q,
        "at": form.given("at"),
        "sections": sections,
        "count": count,
        "found": found,
    }


def _find(request: Request, q: str, here: str) -> Found:
    recent = opened_lately(request, request.key, BATCH)
    if q.strip():
        return find_batches(key=request.key, q=q, recent=recent, here=here)
    # the page that is open is not where somebody wants to go
    others = [name for name in recent if name != here][:RECENT]
    return find_named(key=request.key, names=others, here=here)


def batch_at(path: str) -> str:
    """The batch whose page has this path; empty where it is no such page."""
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    is_batch = match.view_name == "batches:detail"
    return str(match.kwargs["name"]) if is_batch else ""
