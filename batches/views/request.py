"""The request as views see it: typed once."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from batches.services.keys.types import KeyChoice, ViewerKey


class Request(HttpRequest):
    """A signed-in request after `views.access.page` has let it in.

    key_choice, key: set only where the view is guarded with `key=Key.READ` or `Key.WRITE`.
    drawn_again_because: why a form that was sent is drawn once more.
    """

    user: User
    htmx: HtmxDetails
    key_choice: KeyChoice
    key: ViewerKey
    drawn_again_because: str
