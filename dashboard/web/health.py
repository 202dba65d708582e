"""Answers for machines: is the process up, can it work, what does it count."""

import hmac
from collections.abc import Callable
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
from dashboard.database import can_be_written
from dashboard.postgresql.limits import waiting_at_most
from dashboard.sqlite import has_lost_its_file

TEXT = "text/plain; charset=utf-8"
PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
READY_SECONDS = 2  # for the database; who asks gives up after 3


class MachinesMiddleware:
    """Answers machines before a session is looked for, which would wait for the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PATHS:
            return self.get_response(request)
        request.get_host()  # a foreign one is refused, as by every page
        match = request.resolver_match = resolve(request.path_info)
        answer: HttpResponse = match.func(request)
        answer["Content-Length"] = str(len(answer.content))  # as Django's own middleware would
        return answer


@login_not_required
@csrf_exempt  # a machine has no token: its wrong method is told as such
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing else, so that a slow database does not get it killed."""
    return HttpResponse("ok\n", content_type=TEXT)


@login_not_required
@csrf_exempt
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The database and the cache answer; 503 says in words which does not."""
    missing = [words for words in (database_trouble(), cache_trouble()) if words]
    if missing:
        return HttpResponse("\n".join(missing) + "\n", status=503, content_type=TEXT)
    return HttpResponse("ready\n", content_type=TEXT)


def database_trouble() -> str:
    """A row of ours is looked for: SQLite answers a bare SELECT without having read its file."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with waiting_at_most(READY_SECONDS):
            FingerprintSecret.objects.exists()
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
    """For Prometheus, with the bearer token; without a token in the settings there is no page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(
            "The token is missing or wrong.\n",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
            content_type=TEXT,
        )
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
