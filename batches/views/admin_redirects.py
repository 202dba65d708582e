"""Pages of the admin that are replaced: sign-in, new password, "View on site"."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from batches.services.people.roles import Role


@login_not_required
def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Where the admin redirects people who may not use it. `next` is checked at the sign-in."""
    # the console's own sign-in: a second one would have a throttle of its own
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    # a sign-in as the same person would lead back here
    if not request.user.is_superuser:
        raise PermissionDenied(Role.ADMIN.refusal)
    return redirect("admin:index")


def to_new_password(request: HttpRequest) -> HttpResponse:
    return redirect("password_change")


def nothing_on_site(request: HttpRequest, what: str) -> HttpResponse:
    # no object has a page of its own here, and Django's view fails with 500 on a wrong id
    raise Http404
