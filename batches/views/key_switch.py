"""The key switcher: the address that shows a page with another key."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.encoding import escape_uri_path

from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import ViewerKey
from batches.services.people.roles import Role
from batches.views.addresses import own_list_url
from batches.views.form_replay import typed_fields
from batches.views.guards import page
from batches.views.request import Request, page_behind

KEYS_SHOWN = 8  # in the page itself; where there are more, opening the switcher fetches them
# Parameters that point into one key's list: with another key they would point elsewhere.
PAGING = ("before", "after", "seen", "offset")


class SwitchKey:
    """A key in the switcher, with the address that shows this page with it."""

    def __init__(self, key: ViewerKey, switch_url: str) -> None:
        self.key = key
        self.switch_url = switch_url

    def __getattr__(self, name: str) -> Any:
        return getattr(self.key, name)


@dataclass(frozen=True, slots=True)
class SwitchedPage:
    """What stays of a page's address under another key. Where no path is set, the list is shown."""

    path: str = ""
    kept: tuple[tuple[str, str], ...] = ()

    def with_key(self, user: User | AnonymousUser, key: ViewerKey) -> SwitchKey:
        if not self.path:
            return SwitchKey(key, own_list_url(user, key.ref))
        query = urlencode([*self.kept, ("key", key.ref)])
        return SwitchKey(key, f"{escape_uri_path(self.path)}?{query}")


def switched_page(request: HttpRequest) -> SwitchedPage:
    """A list keeps its filters under another key. In place of any other page the list is shown."""
    # also a form that is shown again as by a GET: what was typed does not belong into an address
    if request.META["REQUEST_METHOD"] == "POST":
        return SwitchedPage()
    return _page(request.path, request.GET, request.resolver_match)


@page(Role.VIEWER)
def switch(request: Request) -> HttpResponse:
    """All keys to switch to: a part of the menu for htmx, else a page."""
    shown = _page_of_menu(request) if request.htmx else SwitchedPage()
    keys = list_readable_keys(user=request.user)
    context = {"keys": [shown.with_key(request.user, key) for key in keys]}
    template = "keys/_switch.html" if request.htmx else "keys/switch.html"
    return render(request, template, context)


def _page_of_menu(request: Request) -> SwitchedPage:
    """The page on which the menu was opened, where it is one of this console."""
    address = urlsplit(page_behind(request.headers.get("HX-Current-URL", "")))
    path = unquote(address.path)
    try:
        return _page(path, QueryDict(address.query), resolve(path))
    # `QueryDict` refuses more fields than DATA_UPLOAD_MAX_NUMBER_FIELDS, and anybody sets a header
    except (Resolver404, TooManyFieldsSent):
        return SwitchedPage()


def _page(path: str, query: QueryDict, match: ResolverMatch | None) -> SwitchedPage:
    # a page with arguments is about one object, which the other key may not have
    if match is None or match.kwargs:
        return SwitchedPage()
    named = typed_fields(query).lists()  # without secrets
    left_out = (*PAGING, "key")
    kept = [(name, value) for name, values in named for value in values if name not in left_out]
    return SwitchedPage(path, tuple(kept))
