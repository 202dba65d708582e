"""Answers for machines: is the process up, can it work, what does it count."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError

from batches.models import FingerprintSecret
from dashboard.database import has_lost_its_file

TEXT = "text/plain; charset=utf-8"


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
    try:
        FingerprintSecret.objects.exists()
    except Error:
        return "The database does not answer."
    if has_lost_its_file(connections[DEFAULT_DB_ALIAS]):
        return "The database's file was deleted or replaced."
    return ""


def cache_trouble() -> str:
    try:
        cache.set("readyz", "1", 5)
        answers = cache.get("readyz") == "1"
    except (RedisError, OSError):
        answers = False
    return "" if answers else "The cache does not answer."


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
