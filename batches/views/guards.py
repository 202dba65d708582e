"""The decorator of every view: it checks method, role and key, and shows a denial as a page.

`access` decides, `key_responses` renders.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.encoding import escape_uri_path
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from batches.services.keys.vault import KeyUnreadable
from batches.services.people.roles import Role
from batches.views import key_responses
from batches.views.access import Key, decide
from batches.views.addresses import named_keys, own_page_size, own_query
from batches.views.request import Request, is_poll, unread_of

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[Concatenate[Request, P], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

PAGE = ("GET", "HEAD")
FORM = ("GET", "HEAD", "POST")


def page(
    role: Role, *, key: Key = Key.NONE, methods: tuple[str, ...] = PAGE
) -> Callable[[View[P]], Guarded[P]]:
    """Guard a view: method, then role, then key."""

    def guard(view: View[P]) -> Guarded[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            known = cast(Request, request)  # the login middleware was before
            decision = decide(known, role=role, key=key)
            if decision.choice:
                known.key_choice = decision.choice
            if decision.choice and decision.choice.key:
                known.key = decision.choice.key
            if decision.denial:
                return key_responses.denied(known, decision)
            if decision.choice and _lacks_key(known):
                return _with_key(known)
            try:
                response = view(known, *args, **kwargs)
            except KeyUnreadable as error:
                return key_responses.unreadable(known, str(error))
            # a write is never answered for another key, so only a poll can go on with one
            if key is Key.READ and is_poll(request):
                _add_replaced_message(known, response)
                _add_unread(known, response)
            return response

        checked = require_http_methods(methods)(guarded)
        checked.methods = methods  # type: ignore[attr-defined]  # read by `return_to`
        return cast(Guarded[P], checked)

    return guard


def or_404(found: T | None) -> T:
    """An object that a service found for this user."""
    # another person's object is 404 like an unknown one: no status shows that it exists
    if found is None:
        raise Http404
    return found


def _lacks_key(request: Request) -> bool:
    """A fragment and a form are not redirected: the page around them has its key."""
    return not (named_keys(request) or request.method == "POST" or request.htmx)


def _with_key(request: Request) -> HttpResponse:
    """Redirects to the same address with the key, and what is this person's own of a list."""
    # people share addresses: a copy must show others the same page
    query = request.GET.copy()
    if request.resolver_match and request.resolver_match.view_name == "batches:list":
        for name, value in _own_of_list(request).items():
            query.setdefault(name, value)
    query["key"] = request.key.ref
    if request.key_choice.note:
        messages.info(request, request.key_choice.note)
    return redirect(f"{escape_uri_path(request.path)}?{query.urlencode()}")


def _own_of_list(request: Request) -> dict[str, str]:
    # an address with a filter is not bare, and a view has a page size of its own
    if not request.GET:
        return own_query(request.user)
    return {} if "view" in request.GET else own_page_size(request.user)


def _add_unread(request: Request, response: HttpResponseBase) -> None:
    """Add how many events are unread: the bell is kept current by the page's own poll."""
    if isinstance(response, HttpResponse):
        trigger_client_event(response, "unread", {"count": unread_of(request)})


def _add_replaced_message(request: Request, response: HttpResponseBase) -> None:
    """Add the message that an open page goes on with a new key."""
    # shown once: the fragments in this response poll with the new key
    key, asked = request.key, request.key_choice.requested_ref
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    if asked != key.ref and is_html and isinstance(response, HttpResponse) and response.content:
        key_responses.add_replaced_message(response, key.label)
