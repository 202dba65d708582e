"""Error pages. Each shows the id under which the log has the details.

400, 500 and 503 are drawn without the request: what broke may be the session or the database.
"""

import sys

from django.contrib.messages import ERROR
from django.contrib.messages.storage.base import Message
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import reswap, retarget

from dashboard.logs import request_id
from dashboard.sessions import is_poll

# Locked, full, read-only (which PostgreSQL calls internal) or gone: no fault of what was asked.
DATABASE_IS_ILL = (OperationalError, InternalError, InterfaceError)
LATER = "Try again in a minute; if it stays so, tell an administrator."
NOT_READ = f"The console cannot read its database just now. {LATER}"
NOT_WRITTEN = f"The console cannot write to its database just now, so this was not done. {LATER}"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain(400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return framed(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return framed(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception, wherever that was raised."""
    if isinstance(sys.exc_info()[1], DATABASE_IS_ILL):
        return database_is_ill(request)
    return plain(500)


def database_is_ill(request: HttpRequest) -> HttpResponse:
    """In words; beside the page, which stays as it is, where htmx asked."""
    words = NOT_READ if request.method in ("GET", "HEAD") else NOT_WRITTEN
    if request.headers.get("HX-Request") != "true" or is_poll(request):
        return plain(503, words)
    message = render_to_string("_messages.html", {"messages": [Message(ERROR, words)]})
    answer = HttpResponse(message, status=503)
    return reswap(retarget(answer, "#messages"), "beforeend")


def plain(status: int, words: str = "") -> HttpResponse:
    context = {"request_id": request_id.get(), "words": words}
    page = render_to_string(f"errors/{status}.html", context)
    return HttpResponse(page, status=status)


def framed(request: HttpRequest, status: int, words: str = "") -> HttpResponse:
    context = {"request_id": request_id.get(), "words": words}
    return render(request, f"errors/{status}.html", context, status=status)
