"""The request of a signed-in person, and what its headers mean."""

from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.http import HttpRequest, QueryDict
from django_htmx.middleware import HtmxDetails

from batches.services.keys.types import KeyChoice, ViewerKey


class Request(HttpRequest):
    """What a view gets from `guards.page`.

    key_choice, key: set only where the view is guarded with `key=Key.READ` or `Key.WRITE`.
    retry_reason: why a form that was sent is shown once more.
    nav: the entry of the navigation, where its address does not say it.
    """

    user: User
    htmx: HtmxDetails
    key_choice: KeyChoice
    key: ViewerKey
    retry_reason: str
    nav: str


def posted(request: HttpRequest) -> QueryDict | None:
    """The data for a form: None leaves it unbound, as an empty POST does not."""
    return request.POST if request.method == "POST" else None


def unread_of(request: HttpRequest) -> int:
    """How many events of the bell are unread; 100 stands for more. No query."""
    # `batches/backends.py` loads the number with the account
    return int(getattr(request.user, "unread", 0))


def is_poll(request: HttpRequest) -> bool:
    return request.headers.get("X-Poll") == "1"


def is_htmx(request: HttpRequest) -> bool:
    """Where `request.htmx` may be missing, as the middleware that sets it may be what failed."""
    return request.headers.get("HX-Request") == "true"


def page_behind(address: str) -> str:
    """The path and query of an address, without its host."""
    try:
        page = urlsplit(address)
    except ValueError:
        return "/"
    # anybody can send the header, and several slashes or a backslash at the start name a host
    path = "/" + page.path.lstrip("/\\")
    return f"{path}?{page.query}" if page.query else path
