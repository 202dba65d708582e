"""Signing in, and changing one's password: Django's own views, and what they need here."""

from contextlib import suppress
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpResponse
from django.utils.decorators import method_decorator

from batches.forms.accounts import NewPasswordForm
from batches.forms.focus import focus_field
from batches.services.people.preferences import set_browser_zone
from batches.views.addresses import same_key_url
from batches.views.return_to import can_be_opened


class SignInView(LoginView):
    """Takes the browser's zone, so that the very first page is drawn in the person's own time."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        with suppress(ValueError):  # no such zone: the next page's script offers it again
            set_browser_zone(user=form.get_user(), zone=self.request.POST.get("zone", ""))
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """A name that was given is mostly right: the password is what is typed anew."""
        if form.data.get("username"):
            form.fields["username"].widget.attrs.pop("autofocus", None)
            focus_field(form, "password")
        return super().form_invalid(form)

    def get_redirect_url(self) -> str:
        """Empty, which is the overview, where `next` leads to nothing that can be opened."""
        address = super().get_redirect_url()
        return address if can_be_opened(address) else ""


@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    """Also for who is signed out already, by time or in another tab."""


class NewPasswordView(PasswordChangeView):
    """Guesses at the old password are counted like those at the sign-in."""

    form_class = NewPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_success_url(self) -> str:
        return same_key_url(self.request, "password_change_done")
