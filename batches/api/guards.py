"""The decorator of every endpoint: token, limit, role and key, query; then the answer as JSON.

`views/access.py` decides on role and key, as for pages. A session is never looked at: this runs
before it is read (`dashboard/web/health.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from msgspec import Struct

from batches.api.problems import ALLOWED, NO_STORE, READ_ONLY, Problem, not_found
from batches.api.queries import parse_query
from batches.backends import AccountBackend
from batches.models import PersonalToken, TokenScope
from batches.services.minute_counts import MinuteCount, count_in_minute
from batches.services.people import tokens
from batches.services.people.roles import Role
from batches.views.access import Decision, Denial, Key, decide
from batches.views.request import Request

Q = TypeVar("Q", bound=Struct)
View = Callable[..., HttpResponse]

METHODS = ("GET", "HEAD")
REQUESTS_A_MINUTE = 60  # with one token
NO_TOKEN = "Send a personal token: `Authorization: Bearer rc_…`. Make one under /tokens/."  # noqa: S105  # nosec B105
BAD_TOKEN = (
    "This token does not work: it is unknown, revoked or expired, or its account is disabled."  # noqa: S105  # nosec B105
)
DENIALS = {
    Denial.NO_KEY: (404, "no_key", "There is no API key that you may read with."),
    Denial.KEY_UNREADABLE: (
        409,
        "key_unreadable",
        "The console can no longer read this API key: its owner must enter it again.",
    ),
}
NO_SUCH_KEY = (404, "key_not_found", "This token reads with no such API key.")


class ApiRequest(Request):
    """What an endpoint gets. now: the moment of its answer, from which ages are counted."""

    token: PersonalToken
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What the OpenAPI document says of a view. answer: None where it is the document itself."""

    summary: str
    query: type[Struct]
    answer: type[Struct] | None
    scope: TokenScope
    key: Key
    description: str


def endpoint(
    *,
    summary: str,
    query: type[Q],
    answer: type[Struct] | None,
    scope: TokenScope = TokenScope.BATCHES,
    key: Key = Key.EXACT,
    shows_refused: bool = False,
) -> Callable[[Callable[..., Any]], View]:
    """Guard a view that takes a request, its parsed query and the name in its path.

    scope: what a token needs. shows_refused: it answers also for a key that Refonte refuses.
    """

    def guard(view: Callable[..., Any]) -> View:
        about = Endpoint(
            summary=summary,
            query=query,
            answer=answer,
            scope=scope,
            key=key,
            description=(view.__doc__ or "").strip(),
        )

        @wraps(view)
        def guarded(request: HttpRequest, **path: Any) -> HttpResponse:
            known = cast(ApiRequest, request)
            counted: MinuteCount | None = None
            try:
                _check_method(known)
                _sign_in(known)
                counted = count_in_minute(f"api:{known.token.id}", now=known.now)
                _check_limit(counted)
                tokens.note_use(known.token)
                _check_scope(known, scope)
                asked = parse_query(query, known.GET)
                _check_access(known, key, shows_refused=shows_refused)
                content = view(known, asked, **path)
                response = HttpResponse(
                    content if isinstance(content, bytes) else msgspec.json.encode(content),
                    content_type="application/json",
                )
            except Problem as problem:
                response = problem.response()
            return _with_headers(response, counted)

        compressed = login_not_required(csrf_exempt(gzip_page(guarded)))
        compressed.endpoint = about  # type: ignore[attr-defined]  # for the document
        return cast(View, compressed)

    return guard


def _check_method(request: ApiRequest) -> None:
    if request.method not in METHODS:
        raise Problem(405, "method_not_allowed", READ_ONLY, headers=ALLOWED)


def _sign_in(request: ApiRequest) -> None:
    """Sets token, user and what the log line has of both. Raises Problem."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(401, "no_token", NO_TOKEN, headers={"WWW-Authenticate": "Bearer"})
    token = tokens.find_token(text.strip())
    # the account as each request loads it: with its role, and none where it is disabled
    user = token and AccountBackend().get_user(token.user_id)
    if token is None or user is None:
        refused = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Problem(401, "bad_token", BAD_TOKEN, headers=refused)
    request.token, request.user, request.now = token, cast(User, user), timezone.now()
    request.signed_in_id = user.pk  # type: ignore[attr-defined]  # for the log
    request.token_id = str(token.id)  # type: ignore[attr-defined]  # as well


def _check_limit(counted: MinuteCount) -> None:
    if counted.number > REQUESTS_A_MINUTE:
        detail = f"At most {REQUESTS_A_MINUTE} requests a minute with one token."
        wait = {"Retry-After": str(counted.seconds)}
        raise Problem(429, "too_many_requests", detail, headers=wait)


def _check_scope(request: ApiRequest, scope: TokenScope) -> None:
    if scope == TokenScope.ALL and request.token.scope != TokenScope.ALL:
        raise Problem(403, "scope", "This token may not read operations.")


def _check_access(request: ApiRequest, key: Key, *, shows_refused: bool) -> None:
    """Sets `key` where the view needs one. Raises Problem."""
    bound = request.token.key_ref
    if bound and key is not Key.NONE and "key" not in request.GET:
        named = request.GET.copy()
        named["key"] = bound
        request.GET = named  # type: ignore[assignment]  # a copy is not immutable
    decision = decide(request, role=Role.VIEWER, key=key)
    if decision.denial:
        raise _denied(decision)
    if not decision.choice or not decision.choice.key:
        return
    request.key_choice, request.key = decision.choice, decision.choice.key
    if bound and bound not in request.key.refs:
        raise Problem(*NO_SUCH_KEY)  # exactly as for an unknown key
    if request.key.is_refused and not shows_refused:
        detail = "Refonte refuses this API key, so nothing that was read with it is given."
        raise Problem(409, "key_refused", detail)


def _denied(decision: Decision) -> Problem:
    if decision.denial is Denial.NO_ROLE:
        return Problem(403, "no_role", decision.needed.refusal)
    found = DENIALS.get(decision.denial) if decision.denial else None
    return Problem(*(found or NO_SUCH_KEY))


def _with_headers(response: HttpResponse, counted: MinuteCount | None) -> HttpResponse:
    response["Cache-Control"] = NO_STORE
    patch_vary_headers(response, ["Authorization"])
    if counted:
        response["RateLimit-Limit"] = str(REQUESTS_A_MINUTE)
        response["RateLimit-Remaining"] = str(max(0, REQUESTS_A_MINUTE - counted.number))
        response["RateLimit-Reset"] = str(counted.seconds)
    return response


@login_not_required
@csrf_exempt
def unknown_address(request: HttpRequest, path: str = "") -> HttpResponse:
    """Any address below /api/ that no endpoint has."""
    # without a token too: which addresses there are is in the guide
    return _with_headers(not_found("There is no such address in this API.").response(), None)
