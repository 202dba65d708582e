"""What is taken away from the admin.

Its pages for signing in and for a new password, as there is one of each with one throttle; and its
redirects to "view on site", which nothing here has and which fail on a wrong id.
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
    """Where the admin sends everybody whom it does not let in. `next` is judged at the sign-in."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    if not request.user.is_superuser:
        raise PermissionDenied(Role.ADMIN.refusal)
    return redirect("admin:index")


def to_new_password(request: HttpRequest) -> HttpResponse:
    return redirect("password_change")


def nothing_on_site(request: HttpRequest, what: str) -> HttpResponse:
    raise Http404
