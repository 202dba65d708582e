"""Error pages. Each shows the id of its request, under which the log has the details."""

import sys
from collections.abc import Callable

from django.contrib.messages import ERROR
from django.contrib.messages.storage.base import Message
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import reswap, retarget

from batches.services.people.roles import Role
from batches.trace import request_id
from batches.views.request import is_htmx, is_poll

# Locked, full, read-only (which PostgreSQL calls internal) or gone: the request is not at fault.
DATABASE_FAILURES = (OperationalError, InternalError, InterfaceError)
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
    # also raised before the session is read, as for another charset (`CharsetMiddleware`)
    return plain(400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = str(exception)
    if keeps_page(request):
        return beside_page(403, message or f"{NOT_YOURS}. Nothing was changed.")
    title = NO_ROLE if message == Role.VIEWER.refusal else NOT_YOURS
    return framed(request, 403, message, title=title)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return beside_page(404, GONE) if keeps_page(request) else framed(request, 404)


class NotAllowedMiddleware:
    """A page for 405, as Django's own is empty; it may come from the admin or from Django too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        return not_allowed(request, response["Allow"])


def not_allowed(request: HttpRequest, allow: str) -> HttpResponse:
    """allow: the methods that the address has."""
    is_read = request.method in ("GET", "HEAD")
    title, message = (NOT_OPENED, FORM_ONLY) if is_read else (NOT_TAKEN, PAGE_ONLY)
    if keeps_page(request):
        response = beside_page(405, message)
    else:
        response = framed(request, 405, message, title=title)
    response["Allow"] = allow
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    # Django calls this while it handles the exception
    error = sys.exc_info()[1]
    return database_failed(request) if is_database_failure(error) else plain(500)


def is_database_failure(error: BaseException | None) -> bool:
    # A damaged file raises the general DatabaseError. So does Django for a row that is gone, but
    # without a cause from the database.
    is_general = type(error) is DatabaseError and error.__cause__ is not None
    return is_general or isinstance(error, DATABASE_FAILURES)


def database_failed(request: HttpRequest) -> HttpResponse:
    message = NOT_READ if request.method in ("GET", "HEAD") else NOT_WRITTEN
    return beside_page(503, message) if keeps_page(request) else plain(503, message)


def keeps_page(request: HttpRequest) -> bool:
    """A person's own htmx request: the page stays as it is, a message is added to it."""
    return is_htmx(request) and not is_poll(request)


def beside_page(status: int, message: str) -> HttpResponse:
    html = render_to_string("_messages.html", {"messages": [Message(ERROR, message)]})
    return reswap(retarget(HttpResponse(html, status=status), "#messages"), "beforeend")


def plain(status: int, message: str = "") -> HttpResponse:
    """A page without the frame."""
    # the frame reads the session and the database, which may be what failed
    context = {"request_id": request_id.get(), "words": message}
    page = render_to_string(f"errors/{status}.html", context)
    return HttpResponse(page, status=status)


def framed(
    request: HttpRequest, status: int, message: str = "", *, title: str = ""
) -> HttpResponse:
    context = {"request_id": request_id.get(), "title": title, "words": message}
    return render(request, f"errors/{status}.html", context, status=status)
