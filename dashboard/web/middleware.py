"""Around every request: its id and log line, headers, methods, the client's address, the zone."""

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from batches.api import problems
from batches.services.people import preferences
from batches.trace import new_request_id
from batches.views.request import is_poll
from dashboard.web import charsets, metrics

access = logging.getLogger("dashboard.access")

Next = Callable[[HttpRequest], HttpResponseBase]
METHODS = ("GET", "HEAD", "POST")
MULTIPART_OVERHEAD = 64 * 1024  # bytes of a multipart body beside its fields, at most


class Middleware:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response


class RequestLogMiddleware(Middleware):
    """Gives the request its id and logs one line about its response: no query, no body."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started, method = time.monotonic(), request.method or ""  # a view may change the method
        with new_request_id() as request_id:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            write_line(request, method, response, time.monotonic() - started)
            return response


def write_line(
    request: HttpRequest, method: str, response: HttpResponseBase, seconds: float
) -> None:
    view = request.resolver_match.view_name if request.resolver_match else ""
    metrics.count_request(view, method, response.status_code, seconds)
    # open tabs poll all day: polls without news would hide every other line
    level = logging.DEBUG if is_poll(request) and response.status_code == 204 else logging.INFO
    if not access.isEnabledFor(level):
        return
    access.log(
        level,
        "request",
        extra={
            "method": method,
            "path": request.path,
            "view": view,
            "status": response.status_code,
            "ms": round(seconds * 1000),
            "user": getattr(request, "signed_in_id", None),
            "client": client_address(request),
        }
        # of the API: the id of the token, which is not the token
        | ({"token": request.token_id} if hasattr(request, "token_id") else {}),
    )


class HeadersMiddleware(Middleware):
    """HSTS on every response."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Django's SecurityMiddleware sends it only where the proxy reports https
        if settings.SECURE_HSTS_SECONDS:
            response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response


class MethodsMiddleware(Middleware):
    """Refuses methods that no page needs."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # a plain Django view would answer TRACE with 200
        if request.method in METHODS:
            return self.get_response(request)
        return HttpResponse(
            "This method is not allowed here.\n",
            status=405,
            headers={"Allow": ", ".join(METHODS)},
            content_type="text/plain; charset=utf-8",
        )


class HeadMiddleware(Middleware):
    """Removes the body of an answer to HEAD."""

    # gunicorn logs a warning for each body after a HEAD
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_head = request.method == "HEAD"
        response = self.get_response(request)
        if is_head and isinstance(response, HttpResponse):
            response.content = b""  # its length stays in the headers
        return response


class ApiErrorsMiddleware(Middleware):
    """Below /api/ each error is a problem document, whatever refused the request."""

    # around all that refuses a request before an endpoint sees it, or fails
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_ours = response.headers.get("Content-Type", "").startswith("application/")
        if is_ours or not request.path_info.startswith("/api/"):
            return response
        return problems.around(response.status_code)


class CharsetMiddleware(Middleware):
    """Refuses requests that `charsets` has marked."""

    # in a middleware, so that the answer gets its headers and the error page
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if charsets.is_refused(request.META):
            raise BadRequest("Only UTF-8 is read.")
        return self.get_response(request)


class BodySizeMiddleware(Middleware):
    """Refuses a large body by its Content-Length, beyond which gunicorn reads nothing."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Django's own limit does not count files of a multipart body, which it would read whole
        length = request.META.get("CONTENT_LENGTH") or "0"
        if (
            length.isdecimal()
            and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE + MULTIPART_OVERHEAD
        ):
            raise RequestDataTooBig("The request is larger than any form of this console.")
        return self.get_response(request)


class ClientAddressMiddleware(Middleware):
    """Sets `REMOTE_ADDR` once, for the limits of sign-ins and for the log."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.META["REMOTE_ADDR"] = address_behind_proxies(request)
        return self.get_response(request)


def address_behind_proxies(request: HttpRequest) -> str:
    """The entry of the outermost trusted proxy, `TRUSTED_PROXY_HOPS` from the right."""
    # further to the left anybody may have written anything
    hops: int = settings.TRUSTED_PROXY_HOPS
    entries = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if hops and len(entries) >= hops and is_address(entries[-hops]):
        return str(entries[-hops])
    return client_address(request)


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def client_address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


class ZoneMiddleware(Middleware):
    """Shows every time of a page in the person's own time zone."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(preferences.zone_of(request.user)):
            return self.get_response(request)
