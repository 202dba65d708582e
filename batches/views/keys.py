"""A person's own API keys: list, add, check, replace, share, watch, delete."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRedirect, retarget

from batches.forms.focus import focus_first_error
from batches.forms.keys import AddKeyForm, ReplaceKeyForm
from batches.services.key_checks import checks
from batches.services.key_checks.rate_limit import TooManyChecks
from batches.services.key_checks.verdicts import KeyCheck, Verdict
from batches.services.keys import listing, manage
from batches.services.keys.listing import find_own_key
from batches.services.keys.types import ViewerKey
from batches.services.people.roles import Role
from batches.services.watcher.report import reports_of
from batches.views.addresses import named_keys, same_key_url
from batches.views.guards import FORM, or_404, page
from batches.views.request import Request, posted


@page(Role.VIEWER)
def list_keys(request: Request) -> HttpResponse:
    return _keys_page(request, AddKeyForm())


# outermost, so that an error report hides the key also where the guard itself fails
@sensitive_post_parameters("api_key")
@page(Role.VIEWER, methods=FORM)
def add(request: Request) -> HttpResponse:
    # after a sign-in the address has what was typed; the key itself is never put into one
    form = AddKeyForm(posted(request), initial=request.GET.dict())
    if not form.is_valid():
        return _keys_page(request, form)
    data = form.cleaned_data
    try:
        check = checks.add_key(
            owner=request.user,
            label=data["label"],
            mode=data["mode"],
            secret=data["api_key"],
            keep_watch=data["keep_watch"],
        )
    except TooManyChecks as error:
        form.add_error(None, error.message)
        return _too_many(_keys_page(request, form), error)
    # a key that Refonte does not accept is not saved
    if check.key is None:
        form.add_error(check.field, check.message)
        return _keys_page(request, form)
    _add_message(request, check, f"“{check.key.label}” is saved.")
    return _to_list(request)


@page(Role.VIEWER, methods=("POST",))
def check(request: Request, key_id: UUID) -> HttpResponse:
    key = _own(request, key_id)
    try:
        _add_message(request, checks.check_key(user=request.user, key=key), f"“{key.label}”:")
    except TooManyChecks as error:
        messages.error(request, error.message)
        return _too_many(_keys_page(request, AddKeyForm()), error)
    return _to_list(request)


@page(Role.VIEWER, methods=("POST",))
def default(request: Request, key_id: UUID) -> HttpResponse:
    key = _own(request, key_id)
    manage.make_default(key=key)
    messages.success(request, f"“{key.label}” is now your default key.")
    return _to_list(request)


@sensitive_post_parameters("api_key")
@page(Role.VIEWER, methods=FORM)
def replace(request: Request, key_id: UUID) -> HttpResponse:
    key = _own(request, key_id)
    form = ReplaceKeyForm(posted(request))
    if not form.is_valid():
        return _sheet(request, "replace", key, form)
    try:
        check = checks.replace_key(user=request.user, key=key, secret=form.cleaned_data["api_key"])
    except TooManyChecks as error:
        form.add_error(None, error.message)
        return _too_many(_sheet(request, "replace", key, form), error)
    if check.key is None:
        form.add_error(check.field, check.message)
        return _sheet(request, "replace", key, form)
    _add_message(request, check, f"“{key.label}” has a new key.")
    return _to_list(request)


@page(Role.VIEWER, methods=FORM)
def share(request: Request, key_id: UUID) -> HttpResponse:
    """`shared=on` shares the key for reading; without it sharing ends."""
    key = _own(request, key_id)
    if request.method != "POST":
        return _sheet(request, "share", key)
    # sent as a state, not as a switch: a form that is sent twice leaves the same
    is_shared = request.POST.get("shared") == "on"
    manage.share_key(key=key, is_shared=is_shared)
    state = "is now shared for reading" if is_shared else "is no longer shared"
    messages.success(request, f"“{key.label}” {state}.")
    return _to_list(request)


@page(Role.VIEWER, methods=("POST",))
def watch(request: Request, key_id: UUID) -> HttpResponse:
    """`keep_watch=on` lets the background read with the key; without it that stops."""
    key = _own(request, key_id)
    keep_watch = request.POST.get("keep_watch") == "on"
    manage.watch_key(key=key, keep_watch=keep_watch)
    state = "is now read in the background" if keep_watch else "is no longer read in the background"
    messages.success(request, f"“{key.label}” {state}.")
    return _to_list(request)


@page(Role.VIEWER, methods=FORM)
def delete(request: Request, key_id: UUID) -> HttpResponse:
    key = _own(request, key_id)
    if request.method != "POST":
        return _sheet(request, "delete", key)
    next_default = manage.delete_key(key=key)
    also = f" “{next_default}” is now your default key." if next_default else ""
    messages.success(request, f"“{key.label}” is deleted.{also}")
    return _to_list(request, deleted=key)


def _own(request: Request, key_id: UUID) -> ViewerKey:
    # an admin too: nobody changes another person's key here
    return or_404(find_own_key(user=request.user, key_id=key_id))


def _add_message(request: Request, check: KeyCheck, start: str) -> None:
    level = messages.SUCCESS if check.verdict is Verdict.ACCEPTED else messages.WARNING
    messages.add_message(request, level, f"{start} {check.message}")


def _keys_page(request: Request, form: AddKeyForm) -> HttpResponse:
    focus_first_error(form)
    found = listing.list_readable_keys(user=request.user)
    own = [key for key in found if key.is_own]
    watched = [key.fingerprint for key in own if key.keep_watch]
    reports = reports_of(fingerprints=watched, now=timezone.now())
    context = {
        "form": form,
        "own": [(key, reports.get(key.fingerprint)) for key in own],
        "shared": [key for key in found if not key.is_own],
    }
    return render(request, "keys/list.html", context, status=_status(form))


def _sheet(
    request: Request, name: str, key: ViewerKey, form: ReplaceKeyForm | None = None
) -> HttpResponse:
    """A dialog's content for htmx, the same as a page for everyone else."""
    template = f"keys/_{name}.html" if request.htmx else "keys/sheet.html"
    context = {"key": key, "form": form, "sheet": f"keys/_{name}.html"}
    return render(request, template, context, status=_status(form))


def _too_many(response: HttpResponse, error: TooManyChecks) -> HttpResponse:
    response.status_code = 429
    response["Retry-After"] = str(error.retry_after)
    # htmx swaps in a 429 only where it names its place
    return retarget(response, "closest .sheet")


def _status(form: AddKeyForm | ReplaceKeyForm | None) -> int:
    return 422 if form and form.is_bound else 200


def _to_list(request: Request, *, deleted: ViewerKey | None = None) -> HttpResponse:
    # an address that names a deleted key would only show a note
    is_named = deleted is not None and not set(deleted.refs).isdisjoint(named_keys(request))
    address = reverse("keys:list") if is_named else same_key_url(request, "keys:list")
    # htmx follows a 302 by itself and would put the whole list into the dialog
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
