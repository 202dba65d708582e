"""Signing in: Django's own view, which also takes the browser's zone where none was chosen yet."""

from contextlib import suppress

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from batches.services.preferences import set_first_zone


class SignInView(LoginView):
    """So that the very first page is drawn in the person's own time."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        with suppress(ValueError):  # no such zone: the next page's script offers it again
            set_first_zone(user=form.get_user(), zone=self.request.POST.get("zone", ""))
        return super().form_valid(form)
