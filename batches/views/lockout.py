"""The page after too many failed sign-ins."""

import math
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, response: Any, credentials: Any) -> HttpResponse:
    """Called by django-axes. The same whether the account exists or not."""
    # `lockouts` sets the time left; the failure that locks has none, as its whole wait begins now
    wait = getattr(request, "locked_for", settings.AXES_COOLOFF_TIME)
    seconds = math.ceil(wait.total_seconds())
    page = render(
        request,
        "registration/locked_out.html",
        {"minutes": math.ceil(seconds / 60)},
        status=settings.AXES_HTTP_RESPONSE_CODE,
    )
    page["Retry-After"] = str(seconds)
    return page
