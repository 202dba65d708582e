"""The pieces of a live page: drawn by one template for the page and for its poll.

Each piece has a stamp, a digest of its HTML. A poll sends the stamps back, and gets the pieces that
look different now: 204 where none does.
"""

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import trigger_client_event

from batches.refonte import BatchPage, Outcome
from batches.services.batches.digests import digest
from batches.services.readings.reading import Reading
from batches.views.request import Request

Templates = Mapping[str, str]  # of each piece, by its name
# The script moves these times with each poll, also where nothing else changed. The id in a report
# is another one after each call of the worker: any of the last ones leads Refonte's support there.
MOVED = re.compile(r"<time [^>]*data-stamp-time[^>]*>[^<]*</time>|Last request id: [^\"]*")
OOB = 'hx-swap-oob="true"'  # of a piece in the answer to a poll


def draw(request: Request, templates: Templates, context: Mapping[str, Any]) -> dict[str, str]:
    """The HTML of each piece, safe as it comes from templates."""
    return {
        name: render_to_string(file, dict(context), request) for name, file in templates.items()
    }


def stamps_of(pieces: Mapping[str, str], reading: Reading[Any]) -> str:
    """One for each piece in their order, then one for what is said around them."""
    failure = reading.failure and (reading.failure.outcome, reading.next_try)
    return " ".join([*map(_stamp, pieces.values()), digest(failure)])


def page_context(
    request: Request, templates: Templates, context: Mapping[str, Any]
) -> dict[str, Any]:
    """With `pieces` and `stamps` for the whole page."""
    pieces = draw(request, templates, context)
    stamps = stamps_of(pieces, context["reading"])
    return {**context, "pieces": pieces, "stamps": stamps}


def poll_response(
    request: Request, templates: Templates, context: Mapping[str, Any], *, words: str = ""
) -> HttpResponse:
    """words: for screen readers."""
    pieces = draw(request, templates, {**context, "oob": True})
    stamps, known = stamps_of(pieces, context["reading"]), request.GET.get("stamps", "")
    if stamps == known:
        response = HttpResponse(status=204)
    else:
        # in the same order; a page of an earlier version has others, and gets all pieces
        pairs = zip_longest(pieces.values(), stamps.split(" "), known.split(" "))
        changed = [html for html, now, was in pairs if html is not None and now != was]
        shown = {**context, "stamps": stamps, "changed": changed}
        response = render(request, "overview/_live.html", shown)
    return _refreshed(response, context["reading"], context["poll_seconds"], words)


def _stamp(html: str) -> str:
    return digest(MOVED.sub("", html).replace(OOB, ""))


def _refreshed(
    response: HttpResponse, reading: Reading[BatchPage], poll_seconds: int | None, words: str
) -> HttpResponse:
    event = {
        "as_of": reading.as_of.isoformat() if reading.as_of else None,
        "stale": reading.is_stale,
        "refused": bool(reading.failure and reading.failure.outcome == Outcome.KEY_REFUSED),
        "poll_seconds": poll_seconds,
        "words": words,
    }
    # the event is a header, and headers have a limit: what is empty is left out
    filled = {name: value for name, value in event.items() if value}
    return trigger_client_event(response, "refreshed", filled)
