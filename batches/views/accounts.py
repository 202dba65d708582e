"""Signing in and out, a lock-out, a new password: Django's views with what they need here."""

import math
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator

from batches.forms.accounts import NewPasswordForm
from batches.forms.focus import focus_field
from batches.services.people.preferences import set_browser_zone
from batches.views.addresses import same_key_url
from batches.views.return_to import can_be_opened


class SignInView(LoginView):
    """Stores the browser's zone, so that the first page already has the person's own time."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        with suppress(ValueError):  # no such zone: the script of the next page sends it again
            set_browser_zone(user=form.get_user(), zone=self.request.POST.get("zone", ""))
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if form.data.get("username"):  # mostly right: the password is what is typed again
            form.fields["username"].widget.attrs.pop("autofocus", None)
            focus_field(form, "password")
        return super().form_invalid(form)

    def get_redirect_url(self) -> str:
        url = super().get_redirect_url()
        return url if can_be_opened(url) else ""  # the empty one is the overview


# a person may be signed out already, by time or in another tab: not sent to the sign-in page first
@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    """Open to everybody."""


class NewPasswordView(PasswordChangeView):
    """The form counts a wrong old password like a failed sign-in."""

    form_class = NewPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_success_url(self) -> str:
        return same_key_url(self.request, "password_change_done")


def locked_out(request: HttpRequest, response: Any, credentials: Any) -> HttpResponse:
    """Called by django-axes after too many failures."""
    # nothing here depends on the account: the page must not show whether it exists
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
