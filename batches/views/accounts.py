"""Signing in, and changing one's password: Django's own views, and what they need here."""

from contextlib import suppress
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpResponse

from batches.forms.accounts import NewPasswordForm
from batches.services.preferences import set_first_zone
from batches.views.access import keyed


class SignInView(LoginView):
    """Takes the browser's zone, so that the very first page is drawn in the person's own time."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        with suppress(ValueError):  # no such zone: the next page's script offers it again
            set_first_zone(user=form.get_user(), zone=self.request.POST.get("zone", ""))
        return super().form_valid(form)


class NewPasswordView(PasswordChangeView):
    """Guesses at the old password are counted like those at the sign-in."""

    form_class = NewPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_success_url(self) -> str:
        return keyed(self.request, "password_change_done")
