"""Error pages. Each shows the id under which the log has the details.

400 and 500 are drawn without the request: what broke may be the session or the database.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from dashboard.logs import request_id


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return plain(400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return framed(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return framed(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return plain(500)


def plain(status: int) -> HttpResponse:
    page = render_to_string(f"errors/{status}.html", {"request_id": request_id.get()})
    return HttpResponse(page, status=status)


def framed(request: HttpRequest, status: int, words: str = "") -> HttpResponse:
    context = {"request_id": request_id.get(), "words": words}
    return render(request, f"errors/{status}.html", context, status=status)
