"""Pages to return to: after a sign-in, and from a batch to the list that it was opened from."""

from urllib.parse import unquote, urlsplit

from django.http import QueryDict
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from batches.forms.filters import read_filters
from batches.services.batches.filters import ListFilters
from batches.services.people.preferences import zone_of
from batches.views.addresses import own_list_url
from batches.views.batches.addresses import ListAddress
from batches.views.request import Request

# A redirect to a sign-in would redirect again.
SIGN_IN = {"login", "logout", "admin-login", "admin:login", "admin:logout"}
# A redirect to a file downloads it, and leaves the sign-in that is over on screen.
FILES = {"batches:export", "selections:export"}


def can_be_opened(address: str) -> bool:
    """Whether a GET of the address shows a page; for one that does not exist, that of 404."""
    match = _match(address)
    if match is None:
        return True
    is_page = match.view_name not in SIGN_IN | FILES
    return is_page and "GET" in getattr(match.func, "methods", ("GET",))


def _match(address: str) -> ResolverMatch | None:
    try:
        path = unquote(urlsplit(address).path)
        return resolve(path if path.endswith("/") else f"{path}/")
    except (ValueError, Resolver404):
        return None


def list_url(request: Request) -> str:
    """The list under the page's key, with its filters where the person comes from it."""
    # from the Referer: in the address of a batch they would be shared along with it
    filters = _filters_behind(request)
    if filters is None:
        return own_list_url(request.user, request.key.ref)
    return ListAddress(request.key, filters).page(filters)


def _filters_behind(request: Request) -> ListFilters | None:
    query = _query_behind(request)
    if QueryDict(query).get("key") != request.key.ref:
        return None
    # through the form, as any address: nothing of the header is copied
    return read_filters(query, zone=zone_of(request.user))


def _query_behind(request: Request) -> str:
    """The query of the list that this page was opened from; empty where it was another page."""
    referer = request.headers.get("Referer", "")
    # a page of another site may have a path and a query of the same form
    hosts, is_secure = {request.get_host()}, request.is_secure()
    if not url_has_allowed_host_and_scheme(referer, hosts, require_https=is_secure):
        return ""
    page = urlsplit(referer)
    return page.query if page.path == reverse("batches:list") else ""
