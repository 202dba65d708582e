"""What a person follows: the page of all of it, the form for one thing, and muting a batch."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from batches.forms.follows import ChannelForm, FollowForm
from batches.services.notices import follows
from batches.services.notices.follows import TooManyFollows
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.addresses import batch_url, named_key, same_key_url
from batches.views.follows_presenter import follow_context, list_context, things_of, ways_of
from batches.views.guards import FORM, page
from batches.views.request import Request

NAMES = ("batch", "project")
LONGEST_NAME = 1_024


@page(Role.VIEWER)
def show(request: Request) -> HttpResponse:
    return render(request, "notices/follows.html", list_context(request, ChannelForm()))


@page(Role.VIEWER, key=Key.READ, methods=FORM)
def edit(request: Request) -> HttpResponse:
    """The form for a batch, a project or the whole key; `do=unfollow` ends what it shows."""
    _refuse_other_key(request)
    things = things_of(named(request))
    ways = ways_of(request.user)
    if request.method != "POST":
        return _sheet(request, follow_context(request, things, ways))
    form = FollowForm(request.POST, scopes=[one.scope for one in things], ways=[*ways])
    if not form.is_valid():
        return _sheet(request, follow_context(request, things, ways, form=form), 422)
    thing = next(one for one in things if one.scope == form.cleaned_data["scope"])
    if request.POST.get("do") == "unfollow":
        follows.unfollow(user=request.user, key=request.key, thing=thing)
        return _done(request, "You no longer follow it.")
    try:
        choices = form.cleaned_data["choices"]
        follows.save_follow(user=request.user, key=request.key, thing=thing, choices=choices)
    except TooManyFollows as error:
        form.add_error(None, str(error))
        return _sheet(request, follow_context(request, things, ways, form=form), 422)
    return _done(request, "What you follow is saved.")


@page(Role.VIEWER, key=Key.READ, methods=("POST",))
def mute(request: Request) -> HttpResponse:
    """`muted=on` tells nothing of a batch any more; without it what is followed is told again."""
    _refuse_other_key(request)
    name = named(request).get("batch")
    if not name:
        raise Http404
    # sent as a state, not as a switch: a form that is sent twice leaves the same
    is_muted = request.POST.get("muted") == "on"
    try:
        follows.set_muted(user=request.user, key=request.key, name=name, is_muted=is_muted)
    except TooManyFollows as error:
        messages.error(request, str(error))
        return _done(request, "")
    return _done(
        request, "You are told nothing of it now." if is_muted else "It is no longer muted."
    )


def named(request: Request) -> dict[str, str]:
    """The batch and the project that a form or an address names, as far as they can be names."""
    given = request.POST if request.method == "POST" else request.GET
    found = {name: given.get(name, "") for name in NAMES}
    if any("\0" in value or len(value) > LONGEST_NAME for value in found.values()):
        raise Http404
    return {name: value for name, value in found.items() if value}


def _refuse_other_key(request: Request) -> None:
    """A page may be read with another key; nobody follows something of a key not asked for."""
    ref = named_key(request)
    if request.method == "POST" and ref not in request.key.refs:
        raise Http404


def _sheet(request: Request, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A dialog's content for htmx, the same as a page for everyone else."""
    template = "notices/_follow.html" if request.htmx else "notices/follow.html"
    return render(request, template, context, status=status)


def _done(request: Request, message: str) -> HttpResponse:
    if message:
        messages.success(request, message)
    address = _back(request)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _back(request: Request) -> str:
    """The page of the batch where the form was opened on it, else what the person follows."""
    name = named(request).get("batch")
    if name and request.POST.get("back") == "batch":
        return batch_url(name, request.key.ref)
    return same_key_url(request, "follows:list")
