"""A form whose CSRF token is missing or from another sign-in is shown again, filled."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token

from batches.views.errors import beside_page, framed
from batches.views.form_replay import replay_form
from batches.views.request import is_htmx

OTHER_SITE = ("Origin", "Referer")  # how Django's reasons begin for a form of another site
MESSAGE = (
    "This page is older than your sign-in, or part of it was missing. Nothing was sent. "
    "Check it and send it again."
)
OUT_OF_DATE, REFUSED = "This page is out of date", "This form was not accepted"
FOREIGN = "This form came from another site. Nothing was sent."


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's `CSRF_FAILURE_VIEW`."""
    if reason.startswith(OTHER_SITE):
        return _refused(request, FOREIGN, REFUSED)
    if request.user.is_authenticated and not is_htmx(request):
        return _form_again(request) or _refused(request, MESSAGE, OUT_OF_DATE)
    return _refused(request, MESSAGE, OUT_OF_DATE)


def _refused(request: HttpRequest, message: str, title: str) -> HttpResponse:
    get_token(request)  # sets the cookie where there is none, for the next try
    if is_htmx(request):  # the form stays on screen
        return beside_page(403, message)
    return framed(request, 403, message, title=title)


def _form_again(request: HttpRequest) -> HttpResponse | None:
    """None where the address has no page by GET."""
    messages.error(request, MESSAGE)
    # calls the view as by a GET: without a valid token nothing may be written
    response = replay_form(request)
    if response is None:
        [*messages.get_messages(request)]  # read, so that the next page does not show it as well
        return None
    response.status_code = 403
    return response
