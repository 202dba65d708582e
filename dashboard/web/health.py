"""Addresses for probes and Prometheus: whether the process is up, whether it can work, metrics."""

import hmac
import re
from functools import partial

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from batches.models import FingerprintSecret
from batches.services.cache.redis_access import AWAY, ask_redis
from dashboard.databases.postgresql.limits import waiting_at_most
from dashboard.databases.sqlite import can_be_written, has_lost_its_file
from dashboard.web.middleware import Middleware

TEXT = "text/plain; charset=utf-8"
PATHS = re.compile(r"/(healthz|readyz|metrics|callbacks/[^/]+/|api/.*)", re.DOTALL)
READY_SECONDS = 2  # for the database; probes give up after 3


class MachinesMiddleware(Middleware):
    """Answers the addresses for machines."""

    # before the session middleware, which would wait for a database that does not answer, and
    # read the session of whoever sends a cookie
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not PATHS.fullmatch(request.path_info):
            return self.get_response(request)
        request.get_host()  # raises where ALLOWED_HOSTS lacks it, as on every page
        match = request.resolver_match = resolve(request.path_info)
        answer: HttpResponse = match.func(request, **match.kwargs)
        if answer.status_code != 204:  # which has no body, and so no length
            answer["Content-Length"] = str(len(answer.content))  # CommonMiddleware, further in
        return answer


@login_not_required
@csrf_exempt  # or a POST would be refused for its token, not for its method
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    # no database: an orchestrator kills a process that fails here, which would not help a slow one
    return HttpResponse("ok\n", content_type=TEXT)


@login_not_required
@csrf_exempt
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where database and cache work; 503 names what does not."""
    troubles = [trouble for trouble in (database_trouble(), cache_trouble()) if trouble]
    if troubles:
        return HttpResponse("\n".join(troubles) + "\n", status=503, content_type=TEXT)
    return HttpResponse("ready\n", content_type=TEXT)


def database_trouble() -> str:
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with waiting_at_most(READY_SECONDS):
            FingerprintSecret.objects.exists()  # SQLite answers SELECT 1 without its file
            is_writable = can_be_written(connection)
    except Error:
        return "The database does not answer."
    if has_lost_its_file(connection):
        return "The database's file was deleted or replaced."
    return "" if is_writable else "The database cannot be written."


def cache_trouble() -> str:
    ask_redis(partial(cache.set, "readyz", "1", 5))
    found = ask_redis(partial(cache.get, "readyz"))
    return "" if found != AWAY and found == "1" else "The cache does not answer."


@login_not_required
@csrf_exempt
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with METRICS_TOKEN as bearer token; 404 where the settings have none."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    # in constant time: the time of a usual comparison shows how much of a guess is right
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(
            "The token is missing or wrong.\n",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
            content_type=TEXT,
        )
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
