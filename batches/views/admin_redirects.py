"""Pages of the admin that are replaced.

Sign-in and new password: there is one of each, with one throttle. "View on site": nothing here has
such a page, and Django's own fails on a wrong id.
"""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from batches.services.people.roles import Role


@login_not_required
def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin redirects to this whoever may not use it. `next` is checked at the sign-in."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    if not request.user.is_superuser:
        raise PermissionDenied(Role.ADMIN.refusal)
    return redirect("admin:index")


def to_new_password(request: HttpRequest) -> HttpResponse:
    return redirect("password_change")


def nothing_on_site(request: HttpRequest, what: str) -> HttpResponse:
    raise Http404
