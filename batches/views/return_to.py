"""Pages to return to: after a sign-in, and from a batch to the list that it was opened from."""

from urllib.parse import unquote, urlsplit

from django.http import QueryDict
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from batches.forms.filters import read_filters, to_pairs
from batches.forms.saved_views import as_given
from batches.services.people.preferences import zone_of
from batches.services.views.read import SLUG
from batches.templatetags.addresses import page_url, whole_url
from batches.views.addresses import own_list_url
from batches.views.request import Request

# A redirect to a sign-in would redirect again.
SIGN_IN = {"login", "logout", "admin-login", "admin:login", "admin:logout"}
# A redirect to a file downloads it, and leaves the sign-in that is over on screen.
FILES = {"batches:export", "bulks:export", "selections:export"}


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


def list_url(request: Request, key_ref: str = "") -> str:
    """The list under a key, by default the page's, with its filters where the person comes from it.

    A page's polls and forms come from no list: they send its query as `back`.
    """
    key_ref = key_ref or request.key.ref
    # from the Referer: in the address of a batch they would be shared along with it
    query = request.POST.get("back") or request.GET.get("back") or _query_behind(request)
    given = QueryDict(query)
    # through the form, as any address: nothing of the header is copied
    filters = read_filters(query, zone=zone_of(request.user))
    if filters is None or given.get("key") != key_ref:
        return own_list_url(request.user, key_ref)
    pairs = to_pairs(filters, key=key_ref)
    slug = given.get("view", "")
    if SLUG.fullmatch(slug):  # what is in the view is not needed to go back to it
        return whole_url("batches:list", view=slug, **as_given(pairs, given))
    return page_url("batches:list", **pairs)


def _query_behind(request: Request) -> str:
    """The query of the list that this page was opened from; empty where it was another page."""
    referer = request.headers.get("Referer", "")
    # a page of another site may have a path and a query of the same form
    hosts, is_secure = {request.get_host()}, request.is_secure()
    if not url_has_allowed_host_and_scheme(referer, hosts, require_https=is_secure):
        return ""
    page = urlsplit(referer)
    return page.query if page.path == reverse("batches:list") else ""
