"""A person's tokens for the JSON API: list, create, revoke."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from batches.forms.focus import focus_first_error
from batches.forms.tokens import TokenForm
from batches.models import PersonalToken, TokenScope
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import ViewerKey
from batches.services.people import tokens
from batches.services.people.roles import Role
from batches.services.people.tokens import AlreadyMade, NewToken, TooManyTokens
from batches.views.addresses import same_key_url
from batches.views.guards import FORM, or_404, page
from batches.views.request import Request, posted


@page(Role.VIEWER)
def list_tokens(request: Request) -> HttpResponse:
    return _tokens_page(request, TokenForm(keys=list_readable_keys(user=request.user)))


@page(Role.VIEWER, methods=FORM)
def add(request: Request) -> HttpResponse:
    keys = list_readable_keys(user=request.user)
    # after a sign-in the address has what was typed
    form = TokenForm(posted(request), keys=keys, initial=request.GET.dict())
    if not form.is_valid():
        return _tokens_page(request, form)
    data = form.cleaned_data
    try:
        new = tokens.create_token(
            user=request.user,
            form_id=data["form_id"],
            label=data["label"],
            scope=TokenScope(data["scope"]),
            key_ref=data["reads_with"],
            days=data["days"],
        )
    except (TooManyTokens, AlreadyMade) as error:
        form.add_error(None, error.message)
        return _tokens_page(request, form)
    # shown in this answer: a redirect would have to keep the token somewhere until the next one
    return _tokens_page(request, TokenForm(keys=keys), new)


@page(Role.VIEWER, methods=FORM)
def revoke(request: Request, token_id: UUID) -> HttpResponse:
    # an admin too: nobody manages another person's tokens here
    token = or_404(tokens.find_own_token(user=request.user, token_id=token_id))
    if request.method != "POST":
        # a dialog's content for htmx, the same as a page for everyone else
        template = "tokens/_revoke.html" if request.htmx else "tokens/sheet.html"
        return render(request, template, {"token": token})
    tokens.revoke_token(token=token)
    messages.success(request, f"“{token.label}” is revoked: it does not work any more.")
    address = same_key_url(request, "tokens:list")
    # htmx follows a 302 by itself and would put the whole list into the dialog
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _tokens_page(request: Request, form: TokenForm, new: NewToken | None = None) -> HttpResponse:
    focus_first_error(form)
    keys = form.keys
    context = {
        "form": form,
        "new": new,
        "working": _with_keys(tokens.working(user=request.user), keys),
        "ended": _with_keys(tokens.ended(user=request.user), keys),
        "address": request.build_absolute_uri("/api/v1/"),
    }
    return render(request, "tokens/list.html", context, status=422 if form.is_bound else 200)


def _with_keys(
    found: Iterable[PersonalToken], keys: tuple[ViewerKey, ...]
) -> list[tuple[PersonalToken, ViewerKey | None]]:
    """Each with the API key that it is for; None for all, and for one that is gone."""
    return [
        (token, next((key for key in keys if token.key_ref in key.refs), None)) for token in found
    ]
