"""The overview: what a person reads first."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from batches.services.overview.read import Overview, read_overview
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.services.vendor.calls import Kind
from batches.templatetags.addresses import page_url
from batches.views.access import Key
from batches.views.guards import page
from batches.views.overview.pieces import page_context, poll_response
from batches.views.overview.worries import attention_rows, more_words
from batches.views.request import Request

PIECES = {
    name: f"overview/_{name}.html" for name in ("answers", "attention", "projects", "recent")
} | {"freshness": "overview/overview.html#freshness"}


@page(Role.VIEWER, key=Key.READ)
def show_overview(request: Request) -> HttpResponse:
    context = overview_context(request, _read(request, Kind.PAGE))
    return render(request, "overview/overview.html", page_context(request, PIECES, context))


@page(Role.VIEWER, key=Key.READ)
def overview_live(request: Request) -> HttpResponse:
    """The pieces that changed; 204 where none did."""
    context = overview_context(request, _read(request, Kind.POLL))
    words = more_words(request.GET.get("worries", ""), context["attention"])
    return poll_response(request, PIECES, context, words=words)


def _read(request: Request, kind: Kind) -> Overview:
    return read_overview(
        user=request.user,
        key=request.key,
        keys=request.key_choice.keys,
        zone=zone_of(request.user),
        kind=kind,
    )


def overview_context(request: Request, overview: Overview) -> dict[str, Any]:
    attention = attention_rows(request, overview.attention)
    return {
        "reading": overview.reading,
        "poll_seconds": overview.poll_seconds,
        "request_id": overview.request_id,
        "answers": overview.answers,
        "attention": attention,
        "projects": overview.projects,
        "more_projects": overview.more_projects,
        "recent": overview.recent,
        "freshness": overview.freshness,
        "with_bars": True,
        "live_url": page_url("overview-live", key=request.key.ref),
        "fields": {"worries": attention.count},
    }
