"""Error pages. Each shows the id under which the log has the details.

400, 500 and 503 are drawn without the request: what broke may be the session or the database.
"""

import sys

from django.contrib.messages import ERROR
from django.contrib.messages.storage.base import Message
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import reswap, retarget

from batches.services.people.roles import Role
from batches.trace import request_id
from batches.views.request import is_htmx, is_poll

# Locked, full, read-only (which PostgreSQL calls internal) or gone: no fault of what was asked.
DATABASE_IS_ILL = (OperationalError, InternalError, InterfaceError)
NOT_YOURS = "Your account may not do this"
NO_ROLE = "No role yet"
GONE = "There is nothing here: it was deleted, or it is not yours. Nothing was changed."
NOT_OPENED = "This page cannot be opened"
NOT_TAKEN = "This address takes no forms"
FORM_ONLY = "This address only takes forms of this console. Nothing was changed."
PAGE_ONLY = "This address is read-only. Nothing was changed."
LATER = "Try again in a minute; if it persists, tell an administrator."
NOT_READ = f"The console cannot read its database just now. {LATER}"
NOT_WRITTEN = f"The console cannot write to its database just now, so this was not done. {LATER}"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain(400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = str(exception)
    if is_beside(request):
        return beside(403, words or f"{NOT_YOURS}. Nothing was changed.")
    title = NO_ROLE if words == Role.VIEWER.refusal else NOT_YOURS
    return framed(request, 403, words, title=title)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return beside(404, GONE) if is_beside(request) else framed(request, 404)


def not_allowed(request: HttpRequest, allow: str) -> HttpResponse:
    """`allow` names the methods that the address answers."""
    is_look = request.method in ("GET", "HEAD")
    words = FORM_ONLY if is_look else PAGE_ONLY
    title = NOT_OPENED if is_look else NOT_TAKEN
    answer = beside(405, words) if is_beside(request) else framed(request, 405, words, title=title)
    answer["Allow"] = allow
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception, wherever that was raised."""
    return database_is_ill(request) if tells_of_illness(sys.exc_info()[1]) else plain(500)


def tells_of_illness(error: BaseException | None) -> bool:
    """A damaged file raises the general DatabaseError, as does Django of a row that is gone: but
    that has no cause in the database.
    """
    is_general = type(error) is DatabaseError and error.__cause__ is not None
    return is_general or isinstance(error, DATABASE_IS_ILL)


def database_is_ill(request: HttpRequest) -> HttpResponse:
    words = NOT_READ if request.method in ("GET", "HEAD") else NOT_WRITTEN
    return beside(503, words) if is_beside(request) else plain(503, words)


def is_beside(request: HttpRequest) -> bool:
    """A person asked by htmx: the page stays as it is, the words come beside it."""
    return is_htmx(request) and not is_poll(request)


def beside(status: int, words: str) -> HttpResponse:
    message = render_to_string("_messages.html", {"messages": [Message(ERROR, words)]})
    return reswap(retarget(HttpResponse(message, status=status), "#messages"), "beforeend")


def plain(status: int, words: str = "") -> HttpResponse:
    context = {"request_id": request_id.get(), "words": words}
    page = render_to_string(f"errors/{status}.html", context)
    return HttpResponse(page, status=status)


def framed(request: HttpRequest, status: int, words: str = "", *, title: str = "") -> HttpResponse:
    context = {"request_id": request_id.get(), "title": title, "words": words}
    return render(request, f"errors/{status}.html", context, status=status)
