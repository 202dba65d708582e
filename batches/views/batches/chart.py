"""What the chart of a batch's page asks for: its data, and the same as a table."""

from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from batches.services.chart.history import ALL, WINDOWS, Question
from batches.services.chart.read import read_chart
from batches.services.chart.table import read_table
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.batches.chart_json import chart_json, gap_words
from batches.views.guards import page
from batches.views.request import Request

LATEST = 2**33  # seconds; a later one is no time that a page of ours sent


@page(Role.VIEWER, key=Key.READ)
def chart_data(request: Request, name: str) -> HttpResponse:
    """JSON. With `since`, only what is newer, and 204 where nothing is."""
    question = read_question(request.GET)
    chart = read_chart(
        key=request.key,
        name=name,
        question=question,
        zone=timezone.get_current_timezone(),
        now=timezone.now(),
    )
    data = chart_json(chart)
    is_known = question.since is not None and not chart.points
    if is_known and data["rest"] == request.GET.get("rest"):
        return HttpResponse(status=204)
    return JsonResponse(data)


@page(Role.VIEWER, key=Key.READ)
def chart_table(request: Request, name: str) -> HttpResponse:
    """In the dialog of the batch's page, or as a page of its own."""
    question = read_question(request.GET)
    lines = read_table(
        key=request.key,
        name=name,
        question=Question(window=question.window),
        zone=timezone.get_current_timezone(),
        now=timezone.now(),
    )
    shown = [(line, gap_words(line.gap) if line.gap else "") for line in lines]
    sheet, is_page = "batches/_chart_table.html", not request.htmx
    context = {"name": name, "lines": shown, "sheet": sheet, "is_page": is_page}
    return render(request, "actions/page.html" if is_page else sheet, context)


def read_question(query: QueryDict) -> Question:
    """What is no window or no time is ignored: the whole is a fit answer."""
    window = query.get("window", ALL)
    return Question(
        window=window if window in WINDOWS else ALL,
        since=_second(query.get("since", "")),
        start=_second(query.get("start", "")),
    )


def _second(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        return None
    return min(int(text), LATEST)
