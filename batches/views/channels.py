"""Chats and webhooks of a person: add, test, delete."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from batches.forms.focus import focus_first_error
from batches.forms.follows import ChannelForm
from batches.services.notices import channels
from batches.services.notices.addresses import NotAllowed
from batches.services.notices.channels import NotAdded, TooManyTests
from batches.services.people.roles import Role
from batches.views.addresses import same_key_url
from batches.views.follows_presenter import list_context
from batches.views.guards import FORM, or_404, page
from batches.views.request import Request, posted


# outermost, so that an error report hides the URL also where the guard itself fails
@sensitive_post_parameters("secret_url")
@page(Role.VIEWER, methods=FORM)
def add(request: Request) -> HttpResponse:
    # after a sign-in the address has what was typed; the URL itself is never put into one
    form = ChannelForm(posted(request), initial=request.GET.dict())
    if not form.is_valid():
        return _list_page(request, form)
    data = form.cleaned_data
    try:
        channels.add_channel(user=request.user, label=data["label"], url=data["secret_url"])
    except (NotAllowed, NotAdded) as error:
        form.add_error("secret_url" if isinstance(error, NotAllowed) else "label", str(error))
        return _list_page(request, form)
    messages.success(request, f"“{data['label']}” is saved. Send a test to see that it works.")
    return _to_list(request)


@page(Role.VIEWER, methods=("POST",))
def test(request: Request) -> HttpResponse:
    """`way` is "mail" or the id of a channel. The worker sends it."""
    way = request.POST.get("way", "")
    label = or_404(channels.find_way(user=request.user, way=way))
    try:
        channels.send_test(user=request.user, way=way, label=label, now=timezone.now())
    except TooManyTests as error:
        messages.error(request, error.message)
        response = _list_page(request, ChannelForm())
        response.status_code = 429
        response["Retry-After"] = str(error.retry_after)
        return response
    messages.success(request, f"A test is sent to “{label}”. How it ended is under “Sent to you”.")
    return _to_list(request)


@page(Role.VIEWER, methods=("POST",))
def delete(request: Request, channel_id: int) -> HttpResponse:
    label = or_404(channels.delete_channel(user=request.user, channel_id=channel_id))
    messages.success(request, f"“{label}” is deleted.")
    return _to_list(request)


def _list_page(request: Request, form: ChannelForm) -> HttpResponse:
    focus_first_error(form)
    status = 422 if form.is_bound else 200
    return render(request, "notices/follows.html", list_context(request, form), status=status)


def _to_list(request: Request) -> HttpResponse:
    return redirect(same_key_url(request, "follows:list"))
