"""How long a session lasts, and the response to a request without one.

A session ends `SESSION_HOURS` after the last activity and `SESSION_TOTAL_HOURS` after the sign-in.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url

from batches.views.form_replay import address_of_form
from batches.views.request import is_htmx, is_poll, page_behind
from batches.views.return_to import can_be_opened
from dashboard.web.middleware import Middleware

SAVE_EVERY_SECONDS = 60
BEGAN = "began"
ACTIVE = "active"


@receiver(user_logged_in)
def begin(request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> None:
    request.session[BEGAN] = request.session[ACTIVE] = int(time.time())
    request.signed_in_id = user.pk  # type: ignore[attr-defined]  # for the log


class SessionHoursMiddleware(Middleware):
    """Ends old sessions, notes activity, and keeps signed-in pages out of every cache."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = int(time.time())
        if is_over(request, now):
            logout(request)
            return self.get_response(request)
        request.signed_in_id = request.user.pk  # type: ignore[attr-defined]  # for the log
        note_activity(request, now)
        response = self.get_response(request)
        response["Cache-Control"] = "no-store, private"
        return response


def is_over(request: HttpRequest, now: int) -> bool:
    idle = now - request.session.get(ACTIVE, now)
    total = now - request.session.get(BEGAN, now)
    # a session from a clock that was ahead could last for years: it is over as well
    return (
        not -SAVE_EVERY_SECONDS <= idle < settings.SESSION_HOURS * 3600
        or not -SAVE_EVERY_SECONDS <= total < settings.SESSION_TOTAL_HOURS * 3600
    )


def note_activity(request: HttpRequest, now: int) -> None:
    """At most one write a minute."""
    request.session.setdefault(BEGAN, now)
    # a poll is no activity: a forgotten tab would keep its session for ever
    if not is_poll(request) and now - request.session.get(ACTIVE, 0) >= SAVE_EVERY_SECONDS:
        request.session[ACTIVE] = now


class SignedInMiddleware(LoginRequiredMiddleware):
    """Redirects to the sign-in page, and back to what was typed."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> Any:
        if is_poll(request):
            # an event and no redirect: the page stays, with what a person typed in it
            return HttpResponse(status=204, headers={"HX-Trigger": "signed-out"})
        if is_htmx(request):
            # htmx follows a 302 by itself and would put the sign-in page into the dialog
            return HttpResponse(status=204, headers={"HX-Redirect": sign_in_url(request)})
        if request.method == "POST":
            login_url = self.get_login_url(view_func)  # the admin's pages have their own
            return redirect_to_login(page_to_return_to(request), login_url)
        return super().handle_no_permission(request, view_func)


def sign_in_url(request: HttpRequest) -> str:
    """Returns to the page that the action was on."""
    query = urlencode({"next": page_behind(request.headers.get("HX-Current-URL", ""))})
    return f"{resolve_url(settings.LOGIN_URL)}?{query}"


def page_to_return_to(request: HttpRequest) -> str:
    """The form that was sent, filled; for a button without a form, the page that it was on."""
    if can_be_opened(request.path_info):
        return address_of_form(request)
    return page_behind(request.headers.get("Referer", ""))
