"""Who may do what: the one door every view stands behind.

`page(role)` lets a role in, answers 405 to other methods, and settles with which key the page is
drawn.
"""

from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.views.decorators.http import require_http_methods

from batches.services.keys import choose
from batches.services.keys.choose import REF
from batches.services.keys.vault import NOT_OPENED, KeyUnreadable
from batches.services.people.roles import Role, role_of
from batches.views import key_responses
from batches.views.batches.list_presenter import own_size
from batches.views.request import Request
from dashboard.web.sessions import is_poll

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[Concatenate[Request, P], HttpResponseBase]
Guarded = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

READ_ONLY = "This key is shared with you for reading. Operate with a key of your own."


class Key(Enum):
    """What a view needs of the key that its address names."""

    NONE = "none"
    READ = "read"  # a page: another key of the same mode stands in, with a note
    WRITE = "write"  # a form: exactly the key the page was drawn with, and one's own


def page(
    role: Role, *, key: Key = Key.NONE, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[View[P]], Guarded[P]]:
    """Guard a view: method, then role, then key."""

    def guard(view: View[P]) -> Guarded[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            let_in = cast(Request, request)
            if not role_of(let_in.user).includes(role):
                raise PermissionDenied(role.refusal)
            if key is not Key.NONE and (refusal := _settle_key(let_in, key)):
                return refusal
            try:
                answer = view(let_in, *args, **kwargs)
            except KeyUnreadable as error:
                return key_responses.unreadable(let_in, str(error))
            if key is Key.READ and is_poll(request):
                _say_replaced(let_in, answer)
            return answer

        door = require_http_methods(methods)(guarded)
        door.methods = methods  # type: ignore[attr-defined]  # for `dashboard.web.return_to`
        return cast(Guarded[P], door)

    return guard


def or_404(found: T | None) -> T:
    """What a service found for this user; another's object answers exactly as an unknown one."""
    if found is None:
        raise Http404
    return found


def named_keys(request: HttpRequest) -> list[str]:
    """Every key that a form and its address name. A form's own field leads: its page showed it."""
    named = [*request.POST.getlist("key")[-1:], *request.GET.getlist("key")[-1:]]
    return [ref for ref in named if ref]


def keyed(request: HttpRequest, name: str) -> str:
    """The address of a page under the key that this one was drawn with."""
    ref = next(iter(named_keys(request)), "")
    return f"{reverse(name)}?{urlencode({'key': ref})}" if ref else reverse(name)


def _settle_key(request: Request, need: Key) -> HttpResponse | None:
    """Choose the key; the answer where the page cannot be drawn with it, None where it can."""
    named = named_keys(request)
    choice = choose.choose_key(user=request.user, ref=named[0] if named else "")
    request.key_choice = choice
    refs = choice.key.refs if choice.key else ()
    if need is Key.WRITE and request.method == "POST" and set(named) != {*refs[:1]}:
        return _refuse_write(request, named)
    if is_poll(request) and named and named[0] not in refs:
        return key_responses.poll_of_lost_key(request)
    if choice.key is None:
        return key_responses.no_key(request)
    request.key = choice.key
    if not choice.key.is_readable:
        return key_responses.unreadable(request, NOT_OPENED)
    if need is Key.WRITE and not choice.key.can_operate:
        raise PermissionDenied(READ_ONLY)
    return None if named or request.method == "POST" or request.htmx else _with_key(request)


def _refuse_write(request: Request, named: list[str]) -> HttpResponse:
    """Two keys in one form may be a switch in another tab; one that is not there now has gone."""
    key = request.key_choice.key
    if len(set(named)) != 1 or not REF.fullmatch(named[0]):
        return key_responses.wrong_key(request)
    if key is None or named[0] not in key.refs:
        return key_responses.lost_key(request)
    return key_responses.replaced_key(request, key.label)


def _say_replaced(request: Request, answer: HttpResponseBase) -> None:
    """Once: what this answer brings asks with the key of now."""
    key, asked = request.key, request.key_choice.asked
    if asked != key.ref and isinstance(answer, HttpResponse) and answer.content:
        key_responses.say_replaced(answer, key.label)


def _with_key(request: Request) -> HttpResponse:
    """The same address with all that shapes it, so that a copy of it shows everyone the same."""
    query = request.GET.copy()
    if request.resolver_match and request.resolver_match.view_name == "batches:list":
        for name, value in own_size(request.user).items():
            query.setdefault(name, value)
    query["key"] = request.key.ref
    if request.key_choice.note:
        messages.info(request, request.key_choice.note)
    return redirect(f"{escape_uri_path(request.path)}?{query.urlencode()}")
