"""A form whose token is missing or from another sign-in: drawn again, with what was typed in it.

Nothing is written on this path: the view is asked again as by a GET, whose answer is the form.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token

from batches.views.errors import beside, framed
from batches.views.form_replay import draw_again
from batches.views.request import is_htmx

ELSEWHERE = ("Origin", "Referer")  # how Django's reasons begin where a form came from another site
WORDS = (
    "This page is older than your sign-in, or part of it was missing. Nothing was sent. "
    "Check it and send it again."
)
OLD, REFUSED = "This page is out of date", "This form was not accepted"
FOREIGN = "This form came from another site. Nothing was sent."


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's `CSRF_FAILURE_VIEW`."""
    if reason.startswith(ELSEWHERE):
        return _refused(request, FOREIGN, REFUSED)
    if request.user.is_authenticated and not is_htmx(request):
        return _drawn_again(request) or _refused(request, WORDS, OLD)
    return _refused(request, WORDS, OLD)


def _refused(request: HttpRequest, words: str, title: str) -> HttpResponse:
    """For htmx words only, the form stays as it is. Its next try takes the token of the cookie."""
    get_token(request)  # sets the cookie where there is none
    if is_htmx(request):
        return beside(403, words)
    return framed(request, 403, words, title=title)


def _drawn_again(request: HttpRequest) -> HttpResponse | None:
    """None where the address draws nothing by GET."""
    messages.error(request, WORDS)
    answer = draw_again(request)
    if answer is None:
        [*messages.get_messages(request)]  # taken out again: the words are on the page below
        return None
    answer.status_code = 403
    return answer
